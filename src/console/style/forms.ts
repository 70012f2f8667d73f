/** Buttons and fields. */
export const FORMS = `
.btn{display:inline-flex;align-items:center;justify-content:center;gap:var(--s2);min-height:38px;padding:0 var(--s4);border:1px solid var(--edge);border-radius:var(--small);background:var(--paper);color:var(--ink);font:600 14px/1.2 var(--font);text-decoration:none;cursor:pointer}
.btn:hover{border-color:var(--ink);color:var(--ink);background:var(--wash)}
.btn.main{border-color:var(--accent);background:var(--accent);color:var(--on-accent)}
.btn.main:hover{border-color:var(--accent-hover);background:var(--accent-hover);color:var(--on-accent)}
.btn.danger{border-color:var(--bad);background:var(--bad);color:var(--on-bad)}
.btn.danger:hover{border-color:var(--bad-hover);background:var(--bad-hover);color:var(--on-bad)}
.btn.mild{border-color:var(--bad);color:var(--bad)}
.btn.slim{min-height:26px;margin-top:4px;padding:3px 7px;font-size:var(--t1)}
.btn[aria-disabled=true]{opacity:.6;cursor:progress}
.form>*+*{margin-top:var(--s5)}main>.form:not(:has(table)){max-width:860px}
.once{display:inline-flex}
.field{max-width:620px}
.field>label,.field>.label,fieldset>legend{display:block;padding:0;margin-bottom:var(--s1);font-weight:600;font-size:14px}
.hint{display:block;color:var(--quiet);font-size:var(--t1);font-weight:400;margin-bottom:6px}
.wrong{display:block;margin-bottom:6px;color:var(--bad);font-size:var(--t1);font-weight:600}
.wrong::before{content:"! ";font-weight:800}
input[type=text],input[type=search],input[type=date],input[type=number],input[type=email],select,textarea{width:100%;min-height:38px;padding:7px 10px;border:1px solid var(--edge);border-radius:var(--small);background:var(--paper);color:var(--ink);font:var(--t2)/1.4 var(--font)}
input[type=date]{height:38px}textarea{min-height:84px;resize:vertical}
.coded input,.coded textarea{font-family:var(--mono);font-size:14px}
input:hover,select:hover,textarea:hover{border-color:var(--ink)}
[aria-invalid=true]{border-color:var(--bad)!important;border-width:2px!important}
fieldset{min-width:0;margin:0;padding:0;border:0}
.choices{display:grid;gap:var(--s2);padding:0;list-style:none}
.choices.cols{grid-template-columns:repeat(auto-fill,minmax(min(260px,100%),1fr))}
.choices.list{max-width:620px}.choices.row{display:flex;flex-wrap:wrap}
.choice{position:relative;display:flex;gap:10px;align-items:flex-start;min-height:38px;padding:var(--s2) var(--s3);border:1px solid var(--line);border-radius:var(--small);background:var(--paper);cursor:pointer}
.choice:hover{border-color:var(--edge)}
.choice:has(:checked){border-color:var(--accent);background:var(--accent-soft)}
.choice input{flex:none;width:18px;height:18px;margin:2px 0 0;accent-color:var(--accent)}
.choice b{display:block;font-weight:600;font-size:14px;overflow-wrap:anywhere}
.choice small{display:block;color:var(--quiet);font-size:var(--t1)}
.group{margin-top:var(--s2)}.group+.group{margin-top:var(--s4)}
.group>h3,.group>p{font-size:var(--t1);color:var(--quiet);font-weight:600;margin-bottom:6px}
.summary{padding:var(--s4);border:2px solid var(--bad);border-radius:var(--small);background:var(--bad-soft)}
.summary ul{margin-top:var(--s1);padding-left:20px}
.summary a{color:var(--bad);display:inline-block;padding-block:2px;vertical-align:top}
.filters{display:grid;grid-template-columns:repeat(auto-fill,minmax(160px,1fr));gap:var(--s3);align-items:end;padding:var(--s4) 20px;border-bottom:1px solid var(--line)}
.filters .field:has([type=search]),.filters .acts{grid-column:auto/span 2}
.filters label{font-size:var(--t1);font-weight:550;color:var(--quiet)}
.inline{display:inline}
@media screen and (max-width:640px){.filters{grid-template-columns:repeat(2,minmax(0,1fr));padding:var(--s4)}}
@media screen and (max-width:420px){.fold>.filters{grid-template-columns:minmax(0,1fr)}.fold>.filters>*{grid-column:auto!important}}
.fold[open]>summary{margin:0}.card>.filters:last-child{border-bottom:0}
.fold>summary{display:list-item;padding:10px 20px;border-bottom:1px solid var(--line);font-weight:600}.fold>summary::marker{color:var(--quiet)}
@supports selector(::details-content){@media screen and (min-width:641px){.fold>summary{display:none}.fold::details-content{content-visibility:visible;block-size:auto}}}
@media screen and (max-width:640px){.fold>summary{padding-inline:var(--s4)}}
`
