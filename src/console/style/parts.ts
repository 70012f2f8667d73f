/** A table as a list of cards: each cell beside the heading of its column. */
const cards = (table: string, label: string) => `
${table}{min-width:0}${table},${table} tbody{display:block}
${table} thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
${table} tr{display:grid;grid-template-columns:repeat(2,minmax(0,1fr));gap:0 var(--s4);padding:var(--s3) 20px;border-bottom:1px solid var(--line)}
${table} tr:last-child{border-bottom:0}.card:not(.flush) ${table} tr{padding-inline:0}.card:not(.flush) ${table} tr:last-child{padding-bottom:0}
${table} tr>*,.card:not(.flush) ${table} tr>*{display:block;max-width:none;padding:3px 0;border:0;text-align:left;white-space:normal}
${table} tr>th{grid-column:1/-1}${table} tr>*:hover{background:none}
${table} tr>td,.card:not(.flush) ${table} tr>td{position:relative;padding-left:${label}!important;overflow-wrap:anywhere}
${table} td::before{content:attr(data-name);position:absolute;left:0;color:var(--quiet);font-size:var(--t1)}
${table} td:empty{display:none!important}${table} .nowrap{white-space:normal}`

/** What pages are made of: cards, tables, tags, tiles, charts. */
export const PARTS = `
.stack>*+*{margin-top:var(--s4)}
.grid2{display:grid;grid-template-columns:minmax(0,3fr) minmax(0,2fr);gap:var(--s4);align-items:start}
.even{grid-template-columns:repeat(2,minmax(0,1fr))}
.card{padding:var(--s5);background:var(--paper);border:1px solid var(--line);border-radius:var(--round);box-shadow:var(--shadow)}
.card>h2:not(:last-child){margin-bottom:var(--s3)}
.card>h3{margin:var(--s4) 0 var(--s2)}.card>h2+h3{margin-top:0}.card>p+p,.card>form+p,.card>.facts+*,.card>.scroll+p,.card>.note+*,figure+.scroll,figure+details{margin-top:var(--s3)}
.card>h2+.note{margin:-8px 0 var(--s4)}.card>.note:last-child{margin-bottom:0}
.card.flush{padding:0;overflow:hidden}
.note{color:var(--quiet);max-width:72ch}.aside{max-width:none;padding:var(--s3) 20px;border-bottom:1px solid var(--line);font-size:var(--t1)}
.tiles{display:flex;flex-wrap:wrap;gap:var(--s4);padding:0;list-style:none}
.tiles:has(>:nth-child(5))>.tile{flex-basis:180px}.tile{flex:1 1 160px;min-width:0;padding:var(--s4) 20px;background:var(--paper);border:1px solid var(--line);border-radius:var(--round);box-shadow:var(--shadow)}
.tile b{display:block;font-size:var(--t5);line-height:1.25;font-weight:660;letter-spacing:-.01em}
.tile span{color:var(--quiet);font-size:var(--t1)}
.tile meter,.meter{display:block;width:100%;height:8px;margin-top:var(--s2);appearance:none;border:0;border-radius:9px;background:var(--sunk);overflow:hidden}
.meter rect{fill:var(--calm)}.meter.full rect{fill:var(--alarm)}
.scroll{overflow-x:auto}
.scroll:focus-visible{outline-offset:-3px}
table{width:100%;border-collapse:collapse;font-size:14px}
caption{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
th,td{padding:10px var(--s3);text-align:left;vertical-align:top;border-bottom:1px solid var(--line)}
th:first-child,td:first-child{padding-left:20px}th:last-child,td:last-child{padding-right:20px}
.card:not(.flush) th:first-child,.card:not(.flush) td:first-child{padding-left:0}.card:not(.flush) th:last-child,.card:not(.flush) td:last-child{padding-right:0}
tbody tr:last-child>*{border-bottom:0}
thead th{color:var(--quiet);font-weight:550;font-size:var(--t1);white-space:nowrap;background:var(--sunk)}
.card:not(.flush) thead th{background:none}
thead a{display:inline-block;padding-block:2px;color:inherit;text-decoration:none}thead a:hover{color:var(--ink);text-decoration:underline}
tbody th{font-weight:600}
tbody tr:hover>*{background:var(--wash)}
td .small,th .small{display:block;font-weight:400}
.n{text-align:right;white-space:nowrap}
.keys{min-width:900px}.keys th[scope=row]{min-width:180px;max-width:300px;overflow-wrap:anywhere}.keys th code{white-space:nowrap}
.keys .any:not(.small){display:inline-block}
@media screen and (min-width:1001px){.keys .any{min-width:132px}.keys .any.much{min-width:190px}.keys .any.id{min-width:104px}}
.keys td:last-child time{white-space:nowrap}@media screen and (min-width:768px){.wide th[scope=row]{min-width:170px}}.wide th[scope=row]{overflow-wrap:anywhere}
.tag{display:inline-flex;align-items:center;gap:5px;padding:1px 9px;border-radius:99px;background:var(--sunk);color:var(--quiet);font-size:var(--t1);font-weight:600;white-space:nowrap}
.tag::before{content:"";width:7px;height:7px;border-radius:50%;background:currentColor}
.tag.ok{background:var(--ok-soft);color:var(--ok)}
.tag.warn{background:var(--warn-soft);color:var(--warn)}.tag.warn::before{border-radius:1px}
.tag.bad{background:var(--bad-soft);color:var(--bad)}.tag.bad::before{border-radius:1px;transform:rotate(45deg)}
.tag.off::before{background:none;border:2px solid currentColor}
.chips{display:flex;flex-wrap:wrap;gap:var(--s1);padding:0;list-style:none}
.chip{display:inline-block;padding:0 7px;border:1px solid var(--line);border-radius:var(--small);background:var(--wash);font:var(--t1)/1.6 var(--mono);overflow-wrap:anywhere}
.notice{padding:var(--s3) var(--s4);border:1px solid var(--line);border-left:4px solid var(--accent);border-radius:var(--small);background:var(--paper)}
.notice.warn{border-left-color:var(--warn);background:var(--warn-soft)}
.notice.bad{border-left-color:var(--bad);background:var(--bad-soft)}
.notice.ok{border-left-color:var(--ok);background:var(--ok-soft)}
.notice h2,.notice h3{font-size:var(--t2)}
.said{margin-bottom:var(--s4);font-weight:550}.said a{display:inline-block;margin-left:var(--s2);padding-block:2px}
.notice .acts{margin-top:var(--s3)}
.facts{display:grid;grid-template-columns:minmax(88px,auto) minmax(0,1fr);gap:var(--s2) var(--s4)}
.facts dt{color:var(--quiet)}.facts dd{min-width:0;overflow-wrap:anywhere}
.empty{padding:var(--s7) var(--s5);text-align:center}
.empty svg{width:56px;height:56px;margin:0 auto var(--s3);color:var(--quiet)}
.empty p{max-width:52ch;margin:var(--s2) auto 0;color:var(--quiet)}
.empty .acts{justify-content:center;margin-top:var(--s4)}
.secret{display:flex;flex-wrap:wrap;gap:var(--s2) var(--s3);align-items:center;padding:var(--s3) var(--s4);border:1px solid var(--edge);border-radius:var(--small);background:var(--sunk)}
.secret code,.secret pre{flex:1 1 260px;min-width:0;user-select:all;overflow-wrap:anywhere;font-size:14px}
.status{min-height:1.5em;color:var(--ok);font-size:var(--t1);font-weight:600}
.pager{display:flex;flex-wrap:wrap;gap:var(--s3);justify-content:space-between;align-items:center;padding:var(--s3) 20px;border-top:1px solid var(--line);color:var(--quiet);font-size:var(--t1)}
.events{padding:0;list-style:none}
.events li{display:grid;grid-template-columns:176px minmax(0,1fr);gap:0 var(--s4);padding:var(--s2) 0;border-bottom:1px solid var(--line)}
.events li:last-child{border:0}
.events time{color:var(--quiet);font-size:var(--t1)}
.chart{display:block;width:100%;height:auto;overflow:hidden}
.chart text{fill:var(--ink);font-size:13px}.chart .axis{fill:var(--quiet);font-size:12px}
.chart .grid{stroke:var(--line)}.chart .mark{stroke:var(--ink);stroke-width:2}
.bar.calm{fill:var(--calm)}.bar.alarm{fill:var(--alarm)}
.legend{display:flex;flex-wrap:wrap;gap:var(--s1) var(--s4);margin-top:var(--s3);padding:0;list-style:none;color:var(--quiet);font-size:var(--t1)}
.legend i{display:inline-block;width:11px;height:11px;margin-right:7px;border-radius:2px;background:var(--calm)}.legend .alarm{background:var(--alarm)}
details>summary{display:inline-block;padding:var(--s1) 0;color:var(--accent);cursor:pointer;font-size:14px}
.read{max-width:72ch;white-space:pre-wrap}.card>.scroll+details{margin-top:var(--s3)}
details[open]>summary{margin-bottom:var(--s2)}td>details{margin-block:-4px}
.events time,tbody th time{white-space:nowrap}
:is(th,td,dd) a:not(.btn),.card>p>a:only-child:not(.btn){display:inline-block;max-width:100%;padding-block:3px;margin-block:-3px}
@media (pointer:coarse){:is(th,td,dd) a:not(.btn){padding-block:8px;margin-block:-8px}}
@media (min-width:1001px){.btn.slim{white-space:nowrap}}
@media screen and (min-width:1151px){.keys .any:not(.id){min-width:160px}}
@media screen and (min-width:1001px) and (max-width:1150px){.keys :is(th,td):not(:first-child){padding-left:8px}.keys :is(th,td):not(:last-child){padding-right:8px}.keys th[scope=row]{min-width:150px}.keys th code{white-space:normal}}
.broad{max-width:860px}
@media (min-width:900px){.broad text{font-size:9px}.broad .axis{font-size:8.5px}}
@media screen and (max-width:1000px){${cards('.keys', '96px')}}
@media screen and (max-width:767px){${cards('.wide', '104px')}}
@media (max-width:860px){.grid2{grid-template-columns:minmax(0,1fr)}}
@media screen and (max-width:560px){:is(.keys,.wide) tr{grid-template-columns:minmax(0,1fr)}}
@media screen and (max-width:640px){thead th{white-space:normal}th,td{padding-inline:6px}.n{padding-left:2px}.chart .axis{font-size:18px}.tiles{gap:var(--s2)}.tiles>.tile.tile{flex-basis:116px;padding:var(--s3) var(--s4)}.card.flush :is(.keys,.wide) tr{padding-inline:var(--s4)}.pager,.aside{padding-inline:var(--s4)}
.card{padding:var(--s4)}.facts{grid-template-columns:minmax(0,1fr);gap:0}.facts dd{margin-bottom:var(--s3)}.events li{grid-template-columns:minmax(0,1fr)}.empty{padding:var(--s6) var(--s4)}}
@media print{.bar,.tag,.legend i{print-color-adjust:exact;-webkit-print-color-adjust:exact}thead{display:table-header-group}tr{break-inside:avoid}.keys,.wide{min-width:0}}
`
