/** What is left on paper: figures and records, without what can be clicked. Tables stay tables, and break between rows alone. Comes last. */
export const PRINT = `
@media print{@page{margin:14mm}:root{--t1:9px;--t2:11px;--t3:13px;--t5:21px;--s4:10px;--s5:14px;--s7:14px}
body{display:block;min-height:0;background:none}main{padding-block:var(--s4)}.wrap{max-width:none;padding-inline:0}a{color:inherit;text-decoration:none}
nav,.skip,.acts,.out,.btn,form,.card:has(>form:only-child),.card:has(>form:not(.filters)),details>summary{display:none!important}
.printed{display:block}.card,.notice,.tile{border-radius:0;box-shadow:none}.tile{padding:var(--s2) var(--s3)}.card.flush,.scroll{overflow:visible}
tr,figure,.tile,.notice,.facts,.events li{break-inside:avoid}h2,thead{break-after:avoid}figure{max-width:480px}
table,:is(.keys,.wide){min-width:0;font-size:9.5px}th,td{padding:3px 6px}th:first-child,td:first-child{padding-left:6px}
.keys th[scope=row]{min-width:90px}.keys .any.id{min-width:80px}tbody th time,.nowrap{white-space:normal}td{overflow-wrap:break-word}td a{overflow-wrap:anywhere}code{font-size:8.5px}td,th{hyphens:manual}}
@media print{details::details-content{content-visibility:visible;block-size:auto}}
`
