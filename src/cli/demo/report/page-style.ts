/** The look of the page: one column that a phone shows whole, light or dark as the reader has it, and plain on paper. */
export const pageStyle = `
:root { color-scheme: light dark;
  --page: #f5f6f8; --surface: #fff; --ink: #1a2230; --muted: #525e70; --line: #d6dce5; --soft: #edf0f5;
  --accent: #2a5db0; --good: #14693d; --good-soft: #e1f3e8; --bad: #a8201a; --bad-soft: #fbe6e4; }
@media (prefers-color-scheme: dark) { :root {
  --page: #10141b; --surface: #191f29; --ink: #e7ebf2; --muted: #a3afc0; --line: #343e4e; --soft: #232b38;
  --accent: #8db4ff; --good: #6bd6a0; --good-soft: #15342a; --bad: #ff9f97; --bad-soft: #46211f; } }
@media print { :root { color-scheme: light;
  --page: #fff; --surface: #fff; --ink: #000; --muted: #444; --line: #bbb; --soft: #f0f0f0;
  --accent: #2a5db0; --good: #14693d; --good-soft: #fff; --bad: #a8201a; --bad-soft: #fff; } }
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body { margin: 0; overflow-wrap: break-word; background: var(--page); color: var(--ink); font: 1rem/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Liberation Sans", sans-serif; }
header, main, footer { max-width: 70rem; margin: 0 auto; padding: 0 1rem; }
header { padding-top: 2rem; }
h1 { font-size: clamp(1.8rem, 6vw, 2.9rem); line-height: 1.1; letter-spacing: -.02em; margin: .2rem 0 .6rem; }
h2 { font-size: 1.4rem; line-height: 1.25; letter-spacing: -.01em; margin: 0 0 .6rem; }
h3 { font-size: 1.08rem; margin: 1.8rem 0 .4rem; }
p { margin: 0 0 1rem; max-width: 46rem; }
a { color: var(--accent); }
code { font: .875em/1.4 ui-monospace, "SF Mono", Menlo, Consolas, "Liberation Mono", monospace; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
.kicker, .machine, .legend, .notes, footer { color: var(--muted); font-size: .9rem; }
.kicker { margin: 0; font-weight: 600; }
.good { color: var(--good); font-weight: 600; }
.bad { color: var(--bad); }
.stages { list-style: none; margin: 1.5rem 0 0; padding: 0; display: grid; gap: .75rem; grid-template-columns: minmax(0, 1fr); }
@media (min-width: 40rem) { .stages { grid-template-columns: repeat(2, minmax(0, 1fr)); } }
@media (min-width: 60rem) { .stages { grid-template-columns: repeat(6, minmax(0, 1fr)); } .stages > li { grid-column: span 2; } .stages > li:nth-child(n + 4) { grid-column: span 3; } }
.stages > li { background: var(--surface); border: 1px solid var(--line); border-left: 4px solid var(--good); border-radius: 8px; padding: .8rem 1rem; }
.stages > li.failed { border-color: var(--bad); border-left-width: 4px; background: var(--bad-soft); }
.stages .name { display: flex; justify-content: space-between; align-items: baseline; font-size: 1.05rem; }
.stages .time { color: var(--muted); font-size: .9rem; }
.stages ul { margin: .35rem 0 0; padding: 0; list-style: none; font-size: .92rem; line-height: 1.45; }
.stages ul li { padding: .1rem 0; }
.stages .next { margin: .5rem 0 0; font-size: .9rem; }
section > :last-child { margin-bottom: 0; }
section { background: var(--surface); border: 1px solid var(--line); border-radius: 10px; padding: 1.25rem 1rem; margin: 1.25rem 0; }
@media (min-width: 48rem) { section { padding: 1.6rem 1.75rem; } header { padding-top: 3rem; } }
.scroll { overflow-x: auto; margin: .5rem 0;
  background: linear-gradient(to right, var(--surface) 40%, transparent) 0 0 / 2.5rem 100% no-repeat local,
    linear-gradient(to left, var(--surface) 40%, transparent) 100% 0 / 2.5rem 100% no-repeat local,
    linear-gradient(to right, var(--line), transparent) 0 0 / .9rem 100% no-repeat scroll,
    linear-gradient(to left, var(--line), transparent) 100% 0 / .9rem 100% no-repeat scroll; }
table { border-collapse: collapse; width: 100%; margin: 1.2rem 0; font-size: .92rem; line-height: 1.4; }
caption, figcaption { text-align: left; font-weight: 600; padding: 0 0 .4rem; }
th, td { text-align: left; vertical-align: top; padding: .4rem .6rem; border-bottom: 1px solid var(--line); font-weight: 400; }
.unbroken { overflow-wrap: anywhere; }
.number + :not(.number) { padding-left: 1.4rem; } .compact .number + :not(.number) { padding-left: .8rem; }
th:first-child, td:first-child { padding-left: 0; }
th:last-child, td:last-child { padding-right: 0; }
thead th { color: var(--muted); font-size: .84rem; vertical-align: bottom; border-bottom: 1.5px solid var(--muted); }
tr.group th { font-weight: 600; padding-top: .9rem; }
.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.reason { color: var(--bad); }
.part { display: inline-block; padding-left: 1rem; color: var(--muted); }
.notes { padding-left: 1.1rem; }
.hint { display: none; margin: 0; text-align: right; font-size: .84rem; color: var(--muted); }
.keys { list-style: none; margin: 0 0 1rem; padding: 0; display: flex; flex-wrap: wrap; gap: .3rem 1.4rem; }
.problem { border-left: 4px solid var(--bad); background: var(--bad-soft); padding: .8rem 1rem; margin: 1rem 0; border-radius: 0 8px 8px 0; }
.problem > :last-child { margin-bottom: 0; }
.pair { display: grid; gap: 1.25rem 2rem; grid-template-columns: minmax(0, 1fr); align-items: start; }
@media (min-width: 56rem) { .pair { grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); } }
figure { margin: 1.2rem 0; }
details { margin: 1rem 0; } summary { cursor: pointer; color: var(--accent); }
.bar { display: block; width: 100%; min-width: 2rem; height: .55rem; margin-top: .4rem; border-radius: 3px; }
.bar .track { fill: var(--soft); } .bar .fill { fill: var(--accent); }
.plot svg { display: block; width: 100%; max-width: 32rem; height: auto; overflow: visible; }
.plot text { font-size: 11px; fill: var(--muted); } .plot .label { fill: var(--ink); }
.end { text-anchor: end; } .middle { text-anchor: middle; }
.plot .axis { stroke: var(--muted); } .plot .grid { stroke: var(--line); }
.plot .kill { stroke: var(--bad); stroke-width: 1.6; } .plot .down { fill: var(--accent); }
.plot .span { stroke: var(--accent); stroke-width: 1.6; opacity: .55; }
.plot .full { fill: var(--accent); stroke: var(--surface); stroke-width: 1; } .plot .hollow { fill: var(--surface); stroke: var(--accent); stroke-width: 1.5; }
.kills th, .kills td { padding-top: .25rem; padding-bottom: .25rem; }
.hit, .missed, .unplanned { display: inline-block; min-width: 2rem; padding: .05rem .45rem; border-radius: 4px; text-align: center; font-variant-numeric: tabular-nums; }
.hit { background: var(--good-soft); color: var(--good); font-weight: 600; }
.hit abbr { text-decoration: none; }
.missed { background: var(--bad-soft); color: var(--bad); }
.unplanned { color: var(--muted); }
.statechart svg { display: block; width: 100%; height: auto; }
.statechart text { fill: var(--ink); font-family: Helvetica, Arial, "Liberation Sans", sans-serif; }
.statechart .node path { fill: var(--soft); stroke: var(--accent); stroke-width: 1.3; } .statechart .node text { font-weight: 600; }
.statechart .edge path { stroke: var(--muted); } .statechart .edge polygon, .statechart .initial ellipse { fill: var(--muted); stroke: var(--muted); }
.sequence { display: block; width: 100%; height: auto; } .sequence text { font-size: 11px; fill: var(--ink); text-anchor: middle; }
.sequence .life { stroke: var(--muted); } .sequence .dead { stroke: var(--bad); stroke-dasharray: 2 4; }
.sequence .lane rect { fill: var(--soft); stroke: var(--muted); } .sequence .lane text { font-weight: 600; }
.sequence .note rect { fill: var(--surface); stroke: var(--line); } .sequence .message line { stroke: var(--accent); stroke-width: 1.4; }
.sequence marker path { fill: var(--accent); }
.sequence .message text { paint-order: stroke; stroke: var(--surface); stroke-width: 4px; }
.sequence .crash text, .sequence .recovery text { text-anchor: start; }
.sequence .crash rect { fill: var(--bad-soft); stroke: var(--bad); } .sequence .crash text { fill: var(--bad); font-weight: 600; }
.sequence .recovery rect { fill: var(--good-soft); stroke: var(--good); } .sequence .recovery text { fill: var(--good); font-weight: 600; }
.commands { margin: 0; } .commands div { padding: .5rem 0; border-bottom: 1px solid var(--line); } .commands dd { margin: 0; color: var(--muted); }
@media screen and (max-width: 47.99rem) {
  .wide thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  .wide, .wide caption, .wide tbody { display: block; }
  .wide tr { display: flex; flex-wrap: wrap; gap: 0 1.1rem; padding: .5rem 0; border-bottom: 1px solid var(--line); }
  .wide th { flex: 1 0 100%; font-weight: 600; } .wide td { flex: 0 1 auto; text-align: left; }
  .wide th, .wide td, .wide .number + :not(.number) { display: block; border: 0; padding: .1rem 0; text-align: left; }
  .wide td::before { content: attr(data-title); display: block; font-size: .78rem; color: var(--muted); }
  .wide tr.group { border-bottom-color: var(--muted); } .wide tr.group th { color: var(--accent); padding-top: .6rem; } }
@media screen and (max-width: 34rem) { .hint { display: block; } .plot text { font-size: 14px; } }
footer { padding-bottom: 2.5rem; }
@media screen and (max-width: 22rem) { th, td { overflow-wrap: anywhere; } }
@media print { body { font-size: 10.5pt; } table { font-size: .82rem; } th, td { padding: .3rem .4rem; } header, main, footer { padding: 0; } section { border: 0; padding: 0; } .scroll { overflow: visible; } .statechart svg { min-width: 0 !important; }
  figure, tr, .stages > li, .problem { break-inside: avoid; } h2, h3, caption { break-after: avoid; }
  details::details-content { content-visibility: visible; height: auto; } }
`;
