const LIGHT = `
--paper:#fff;--wash:#f5f7f9;--sunk:#eef1f5;--ink:#15202b;--quiet:#54616e;--line:#dfe4ea;--edge:#798592;
--accent:#1d5bb8;--accent-hover:#174a97;--on-accent:#fff;--accent-soft:#e8f0fc;
--bad:#b3261e;--bad-hover:#8f1e18;--on-bad:#fff;--bad-soft:#fdecea;
--warn:#7a4d00;--warn-soft:#fff3d6;--ok:#14653a;--ok-soft:#e3f4ea;
--calm:#3a76b0;--alarm:#c2491d;--tint:#fbeee8;--shadow:0 1px 2px #15202b0d,0 1px 8px #15202b0a`
const DARK = `
--paper:#171d24;--wash:#0f1419;--sunk:#10161c;--ink:#e8edf2;--quiet:#a4b0bc;--line:#2b3540;--edge:#7c8997;
--accent:#83b4ff;--accent-hover:#a6caff;--on-accent:#0a1830;--accent-soft:#182a45;
--bad:#ffa096;--bad-hover:#ffc0b9;--on-bad:#3b0a06;--bad-soft:#3a1a18;
--warn:#f3c672;--warn-soft:#33290f;--ok:#7fd8a4;--ok-soft:#122e1f;
--calm:#6aa6dd;--alarm:#f08a5d;--tint:#33211a;--shadow:none`

/** Colours, a type scale of ratio 1.2 on 15 px, and steps of 4 px. Light and dark as the reader has it; light on paper. */
export const TOKENS = `
:root{color-scheme:light dark;${LIGHT};
--s1:4px;--s2:8px;--s3:12px;--s4:16px;--s5:24px;--s6:32px;--s7:48px;
--t0:12px;--t1:13px;--t2:15px;--t3:18px;--t4:21.6px;--t5:28px;--round:10px;--small:6px;
--font:system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;
--mono:ui-monospace,SFMono-Regular,Menlo,Consolas,"Liberation Mono",monospace}
@media (prefers-color-scheme:dark){:root{${DARK}}}
@media (prefers-contrast:more){:root{--line:var(--edge);--quiet:var(--ink)}}
@media print{:root{color-scheme:light;${LIGHT}}}
`
