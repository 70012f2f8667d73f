const LIGHT =
  '--paper:#fff;--wash:#f4f6f9;--ink:#18222e;--quiet:#566472;--line:#dde3ea;--calm:#3a76b0;--alarm:#c2491d;--tint:#fbeee8'
const DARK =
  '--paper:#182029;--wash:#10151b;--ink:#e7ecf1;--quiet:#9daab7;--line:#2b3540;--calm:#6aa6dd;--alarm:#f08a5d;--tint:#33211a'

/** Light and dark as the reader has it, light on paper. Nothing is fetched. */
export const STYLE = `
:root{color-scheme:light dark;${LIGHT}}
@media (prefers-color-scheme:dark){:root{${DARK}}}
*{box-sizing:border-box}
body{margin:0;background:var(--wash);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;font-variant-numeric:tabular-nums}
main{max-width:1100px;margin:0 auto;padding:40px 24px 64px}
header p{margin:0;color:var(--quiet)}
.over{font-size:13px;font-weight:600;letter-spacing:.08em;text-transform:uppercase}
h1{margin:2px 0 6px;font-size:32px;line-height:1.2;letter-spacing:-.01em}
h2{margin:0 0 4px;font-size:19px;line-height:1.3}
section,figure{margin:20px 0 0;padding:24px;background:var(--paper);border:1px solid var(--line);border-radius:12px}
.note{margin:0 0 16px;color:var(--quiet)}
.sums{display:grid;grid-template-columns:repeat(4,1fr);gap:16px;margin:24px 0 0;padding:0;list-style:none}
.sums li{padding:16px 20px;background:var(--paper);border:1px solid var(--line);border-radius:12px}
.sums b{display:block;font-size:28px;line-height:1.25;font-weight:650}
.sums span{color:var(--quiet)}
.split{display:grid;grid-template-columns:minmax(0,3fr) minmax(0,2fr);gap:32px;align-items:start}
svg{display:block;width:100%;height:auto;overflow:hidden}
svg text{fill:var(--ink);font-size:13px}
svg .axis{fill:var(--quiet);font-size:12px}
.grid{stroke:var(--line)}
.mark{stroke:var(--ink);stroke-width:2}
.bar.calm{fill:var(--calm)}
.bar.alarm{fill:var(--alarm)}
.key{display:flex;flex-wrap:wrap;gap:4px 20px;margin:12px 0 0;padding:0;list-style:none;color:var(--quiet);font-size:13px}
.key i{display:inline-block;width:11px;height:11px;margin-right:7px;border-radius:2px}
.key .calm{background:var(--calm)}
.key .alarm{background:var(--alarm)}
.key .mark{width:2px;background:var(--ink)}
table{width:100%;border-collapse:collapse;font-size:14px}
caption{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
th,td{padding:6px 12px 6px 0;text-align:left;vertical-align:top;border-bottom:1px solid var(--line);overflow-wrap:anywhere}
thead th{color:var(--quiet);font-weight:500;font-size:13px;overflow-wrap:normal}
tbody th{font-weight:500}
tr>:last-child{padding-right:0}
.n{text-align:right;white-space:nowrap}
.tag{display:inline-block;padding:1px 9px;border-radius:99px;background:var(--tint);color:var(--alarm);font-size:13px;font-weight:600;white-space:nowrap}
.wide{overflow-x:auto}
.wide table{min-width:760px;table-layout:fixed}
.findings th:nth-child(1){width:190px}
.findings th:nth-child(3){width:20%}
.callers th:nth-child(n+3){width:11%}
.callers th:nth-child(n+3):nth-child(-n+5){width:8%}
.halves{display:grid;grid-template-columns:1fr 1fr;gap:24px}
.quiet{color:var(--quiet)}
.sign{display:grid;grid-template-columns:2fr 1fr;gap:32px;margin-top:44px;color:var(--quiet)}
.sign span{padding-top:6px;border-top:1px solid var(--quiet)}
@media screen and (max-width:800px){main{padding:24px 14px 40px}.sums{grid-template-columns:repeat(2,1fr)}.split{grid-template-columns:minmax(0,1fr)}section,figure{padding:16px}}
@media print{:root{color-scheme:light;${LIGHT}}@page{margin:14mm}body{background:none;font-size:11px}main{max-width:none;padding:0 1px}table,svg text{font-size:11px}thead th{font-size:10px}.sums b{font-size:20px}section,figure,.sums li{border-radius:0;padding:12px;break-inside:avoid}section.long{break-inside:auto}tr{break-inside:avoid}thead{display:table-header-group}.wide{overflow:visible}.wide table{min-width:0}.bar,.key i,.tag{print-color-adjust:exact;-webkit-print-color-adjust:exact}}
`
