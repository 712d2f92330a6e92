/** How a diagram looks; follows the reader's light or dark scheme. */
export const diagramStyle = `
:root { color-scheme: light dark;
  --page: #fbfbfd; --panel: #fff; --ink: #1c2230; --soft: #5b6475; --line: #d7dbe4; --alive: #6b7486; --red: #c8102e; --red-page: #fdecee;
  --green: #14733c; --fault: #b25e00; --fault-page: #f7a5242e; --records: #1663d6; --reads: #0d8a7b; --transactions: #c2570a;
  --groups: #8637c9; --replication: #7a8190; --heartbeats: #b0568f; --metadata: #8a6d3b; --disk: #4a7a2c; --doubled: #d6189c; }
@media (prefers-color-scheme: dark) { :root {
  --page: #12151c; --panel: #191e28; --ink: #e6e9f0; --soft: #9aa4b6; --line: #313948; --alive: #8d98ac; --red: #ff6b7d; --red-page: #3a1a21;
  --green: #5fd28e; --fault: #ffb454; --fault-page: #ffb45426; --records: #6aa8ff; --reads: #3fd0bd; --transactions: #ff9d55;
  --groups: #c692ff; --replication: #8b93a3; --heartbeats: #e58cc3; --metadata: #cfae74; --disk: #9bcb78; --doubled: #ff7ad1; } }
* { box-sizing: border-box; }
body { margin: 0; padding: 16px 20px 40px; background: var(--page); color: var(--ink); font: 14px/1.45 system-ui, sans-serif; }
h1 { font-size: 20px; margin: 0 0 8px; } h2 { font-size: 15px; margin: 18px 0 6px; } h2 span { color: var(--soft); font-weight: normal; }
pre, code, input[readonly] { font: 12.5px/1.45 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
pre { margin: 0; white-space: pre-wrap; overflow-wrap: anywhere; }
details pre { white-space: pre; overflow-x: auto; padding: 8px 0; }
.violations { list-style: none; margin: 0 0 10px; padding: 0; } .violations li { background: var(--red-page); border-left: 4px solid var(--red); padding: 8px 12px; margin: 0 0 6px; }
.violations strong { color: var(--red); } .kept { color: var(--green); font-weight: 600; margin: 0 0 10px; }
dl { display: flex; flex-wrap: wrap; gap: 4px 22px; margin: 0 0 8px; } dl div { display: flex; gap: 6px; } dt { color: var(--soft); } dd { margin: 0; font-variant-numeric: tabular-nums; }
.replay { display: flex; gap: 8px; align-items: center; margin: 0 0 10px; } .replay label { color: var(--soft); } .replay input { flex: 1; min-width: 0; max-width: 760px; }
input[readonly], button { border: 1px solid var(--line); border-radius: 5px; background: var(--panel); color: inherit; padding: 4px 8px; } button { font: inherit; cursor: pointer; } button:hover { border-color: var(--soft); }
.tools { display: flex; flex-wrap: wrap; gap: 10px; position: sticky; top: 0; z-index: 2; background: var(--page); padding: 6px 0; }
fieldset { border: 1px solid var(--line); border-radius: 6px; padding: 2px 10px 6px; margin: 0; display: flex; flex-wrap: wrap; gap: 4px 14px; align-items: center; min-width: 0; background: var(--panel); }
legend { color: var(--soft); font-size: 12px; padding: 0 4px; } fieldset label { display: inline-flex; gap: 5px; align-items: center; cursor: pointer; } label span { color: var(--soft); font-variant-numeric: tabular-nums; }
.kind::before { content: ''; width: 14px; height: 3px; border-radius: 2px; background: currentColor; }
.kind.records::before { background: var(--records); } .kind.reads::before { background: var(--reads); } .kind.transactions::before { background: var(--transactions); } .kind.groups::before { background: var(--groups); }
.kind.replication::before { background: var(--replication); } .kind.heartbeats::before { background: var(--heartbeats); } .kind.metadata::before { background: var(--metadata); } .kind.disk::before { background: var(--disk); }
output { color: var(--soft); font-variant-numeric: tabular-nums; min-width: 17em; }
svg { display: block; width: 100%; background: var(--panel); border: 1px solid var(--line); } svg text { fill: var(--ink); font: 12px system-ui, sans-serif; }
svg:focus-visible, button:focus-visible, input:focus-visible, li:focus-visible { outline: 2px solid var(--records); outline-offset: 1px; }
#overview { height: 56px; border-radius: 6px 6px 0 0; border-bottom: 0; cursor: col-resize; touch-action: none; } #diagram { cursor: crosshair; touch-action: none; border-radius: 0 0 6px 6px; user-select: none; }
.bin { fill: var(--soft); opacity: .55; } .brush { fill: var(--records); fill-opacity: .14; stroke: var(--records); }
.axis line { stroke: var(--line); } svg .axis text, svg .soft { fill: var(--soft); font-size: 11px; }
.lane { stroke: var(--soft); stroke-opacity: .55; stroke-dasharray: 2 4; } .life { stroke: var(--alive); stroke-width: 3; } svg .name { font-weight: 600; font-size: 12.5px; } .gutter { fill: var(--panel); }
.born { fill: var(--green); } .died { stroke: var(--red); stroke-width: 2.5; fill: none; }
.band { fill: var(--fault-page); } .bar { fill: var(--fault-page); stroke: var(--fault); } svg .fault { fill: var(--fault); font-size: 11.5px; font-weight: 600; }
.m { fill: none; stroke-width: 1.3; stroke-opacity: var(--faint, 1); } .m.answer { stroke-opacity: calc(var(--faint, 1) * .55); } .m.lost, .m.unheard { stroke-dasharray: 5 3; } .m.unheard { stroke-opacity: calc(var(--faint, 1) * .7); } .m.doubled { stroke: var(--doubled) !important; stroke-width: 2; stroke-opacity: 1; stroke-dasharray: 7 3; }
.k0 { stroke: var(--records); color: var(--records); } .k1 { stroke: var(--reads); color: var(--reads); } .k2 { stroke: var(--transactions); color: var(--transactions); } .k3 { stroke: var(--groups); color: var(--groups); } .k4 { stroke: var(--replication); color: var(--replication); } .k5 { stroke: var(--heartbeats); color: var(--heartbeats); } .k6 { stroke: var(--metadata); color: var(--metadata); } .k7 { stroke: var(--disk); color: var(--disk); }
.m.hit { stroke: transparent; stroke-width: 8; stroke-opacity: 1; } .m.hit:hover { stroke: currentColor; stroke-opacity: .25; }
.head.head { stroke: none; fill: currentColor; fill-opacity: var(--faint, 1); } .head.doubled { fill: var(--doubled); color: var(--doubled); } .cross { stroke: var(--red); stroke-width: 2; fill: none; }
.dot { stroke: var(--panel); stroke-width: 1.5; cursor: help; } .s-process { fill: var(--ink); } .s-leadership { fill: var(--metadata); } .s-transaction { fill: var(--transactions); } .s-group { fill: var(--groups); } .s-records { fill: var(--records); } .s-network { fill: var(--doubled); } .s-fault { fill: var(--fault); } .s-violation { fill: var(--red); }
svg .note { font-size: 11px; paint-order: stroke; stroke: var(--panel); stroke-width: 3.5px; stroke-linejoin: round; pointer-events: none; }
.violation { stroke: var(--red); stroke-width: 2; } svg .violated { fill: var(--red); font-weight: 700; } .cursor { stroke: var(--ink); stroke-dasharray: 3 3; } .selection { fill: var(--records); fill-opacity: .15; }
.legend { color: var(--soft); font-size: 12.5px; margin: 6px 0; display: flex; gap: 18px; flex-wrap: wrap; } .legend .lost { color: var(--red); } .legend .doubled { color: var(--doubled); } .legend .doubled::before { content: '╍ '; } .legend .unheard::before { content: '╌ '; }
#story { list-style: none; margin: 8px 0; padding: 0; max-height: 420px; overflow: auto; border: 1px solid var(--line); border-radius: 6px; background: var(--panel); }
#story li { display: grid; grid-template-columns: 92px 14px 120px 1fr; gap: 8px; padding: 2px 10px; cursor: pointer; } #story li:hover { background: var(--page); } #story li:nth-child(n+2) { border-top: 1px solid color-mix(in srgb, var(--line) 45%, transparent); }
#story .t { text-align: right; color: var(--soft); font-variant-numeric: tabular-nums; } #story .d { width: 9px; height: 9px; border-radius: 50%; align-self: center; background: currentColor; } #story .w { font-weight: 600; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; } #story .x { overflow-wrap: anywhere; }
#story .violation .x, #story .violation .w { color: var(--red); } #story .fault .x, #story .fault .w { color: var(--fault); } #story .more { display: block; color: var(--soft); cursor: default; }
.c-process { color: var(--ink); } .c-leadership { color: var(--metadata); } .c-transaction { color: var(--transactions); } .c-group { color: var(--groups); } .c-records { color: var(--records); } .c-network { color: var(--doubled); } .c-fault { color: var(--fault); } .c-violation { color: var(--red); }
#tip { position: fixed; z-index: 3; max-width: 460px; background: var(--ink); color: var(--page); padding: 7px 10px; border-radius: 6px; font-size: 12.5px; pointer-events: none; box-shadow: 0 4px 16px #0005; overflow-wrap: anywhere; } #tip b { display: block; } #tip i { font-style: normal; opacity: .75; }
@media (max-width: 640px) { #story li { grid-template-columns: 76px 10px 1fr; } #story .x { grid-column: 1 / -1; } }
`
