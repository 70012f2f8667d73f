/** The page: text, links, headings, the frame. */
export const BASE = `
*,::before,::after{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;text-size-adjust:100%;scroll-padding-top:var(--s5)}
body{margin:0;min-height:100vh;display:flex;flex-direction:column;background:var(--wash);color:var(--ink);font:var(--t2)/1.5 var(--font);font-variant-numeric:tabular-nums;overflow-wrap:break-word}
h1,h2,h3,p,ul,ol,dl,dd,figure,pre{margin:0}
h1{font-size:var(--t5);line-height:1.2;letter-spacing:-.015em;font-weight:680;text-wrap:balance;overflow-wrap:anywhere}
h1:focus{outline:none}
h2{font-size:var(--t3);line-height:1.3;font-weight:640}
h3{font-size:var(--t2);line-height:1.4;font-weight:640}
a{color:var(--accent);text-decoration-thickness:1px;text-underline-offset:3px}
a:hover{color:var(--accent-hover);text-decoration-thickness:2px}
:focus-visible,input[type=date]:focus-within{outline:3px solid var(--accent);outline-offset:2px;border-radius:var(--small)}
code,kbd,pre,.mono{font-family:var(--mono);font-size:.93em}
code{overflow-wrap:anywhere}
pre{white-space:pre-wrap;overflow-wrap:anywhere}
[hidden]{display:none!important}
.unseen{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
.skip{position:absolute;left:var(--s4);top:-60px;z-index:2;padding:var(--s2) var(--s4);background:var(--paper);border-radius:var(--small)}
.skip:focus{top:var(--s2)}
.quiet{color:var(--quiet)}.small{font-size:var(--t1)}.right{text-align:right}.nowrap{white-space:nowrap}.any{overflow-wrap:anywhere}.printed{display:none}
.bar-top{background:var(--paper);border-bottom:1px solid var(--line)}
.wrap{width:100%;max-width:1200px;margin-inline:auto;padding-inline:var(--s5)}
.bar-top .wrap{display:flex;flex-wrap:wrap;align-items:center;gap:var(--s1) var(--s5);padding-block:var(--s3) 0}
.brand{display:flex;align-items:center;gap:var(--s2);min-height:32px;color:var(--ink);font-weight:680;font-size:var(--t2);text-decoration:none}
.brand:hover{color:var(--ink);text-decoration:underline}
.brand img{height:24px;width:auto}
.who{margin-left:auto;color:var(--quiet);font-size:var(--t1);text-align:right;line-height:1.35}
.who a{display:inline-block;padding-block:3px}
.who b{color:var(--ink);font-weight:600}
.main-nav{flex-basis:100%}
.nav{position:static;display:flex;flex-wrap:wrap;gap:0 var(--s1);width:auto;height:auto;margin:0 calc(-1*var(--s2));padding:0;border:0;background:none;color:inherit;overflow:visible;list-style:none}
.menu{display:none}
.nav a{display:block;padding:var(--s2) var(--s2) 10px;color:var(--quiet);text-decoration:none;border-bottom:2px solid transparent;font-size:14px}
.nav a:hover{color:var(--ink)}
.nav a[aria-current]{color:var(--ink);font-weight:600;border-color:var(--accent)}
main{flex:1;padding-block:var(--s5) var(--s7)}
.head{display:flex;flex-wrap:wrap;align-items:flex-end;gap:var(--s3) var(--s5);margin-bottom:var(--s5)}
.head>div:first-child{flex:1 1 320px;min-width:0}
.head p{margin-top:6px;color:var(--quiet);max-width:68ch;text-wrap:pretty}
.crumbs{display:flex;flex-wrap:wrap;gap:0 var(--s2);margin:-2px 0 2px;padding:0;list-style:none;font-size:var(--t1)}
.crumbs li+li::before{content:"/";margin-right:var(--s2);color:var(--quiet)}
.crumbs li{display:flex;min-width:0;overflow-wrap:anywhere}.crumbs li::before{padding-block:4px}.crumbs a{display:inline-block;padding-block:4px}
.acts{display:flex;flex-wrap:wrap;gap:var(--s2)}
footer{color:var(--quiet);font-size:var(--t1);padding-block:var(--s4);border-top:1px solid var(--line)}
footer .wrap{display:flex;flex-wrap:wrap;gap:var(--s1) var(--s5);justify-content:space-between}
@media screen and (max-width:640px){.wrap{padding-inline:var(--s4)}h1{font-size:24px}main{padding-block:var(--s4) var(--s6)}.head{margin-bottom:var(--s4)}}
@supports selector(:popover-open){@media screen and (max-width:480px){
.menu{display:flex;align-items:center;anchor-name:--menu;min-height:36px;padding:0;border:0;background:none;color:var(--ink);font:600 14px/1.4 var(--font);cursor:pointer}.menu b{color:var(--quiet);font-weight:400}
.menu::before{content:"";width:16px;height:12px;margin-right:var(--s2);background:linear-gradient(currentColor 2px,transparent 2px 5px,currentColor 5px 7px,transparent 7px 10px,currentColor 10px)}
.nav:not(:popover-open){display:none}
.nav:popover-open{position:fixed;inset:0 0 auto;position-anchor:--menu;top:anchor(bottom);display:grid;grid-template-columns:repeat(2,minmax(0,1fr));max-height:100vh;margin:0;padding:var(--s3);overflow:auto;border-bottom:1px solid var(--edge);background:var(--paper);color:var(--ink);box-shadow:0 8px 24px #0006}
.nav:popover-open a{padding-block:10px}}}
@media (prefers-reduced-motion:no-preference){a,.btn,input,select,textarea{transition:background-color .12s,border-color .12s,color .12s}}
`
