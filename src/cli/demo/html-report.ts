import { Graphviz } from '@hpcc-js/wasm-graphviz';
import { seconds } from '../check/result-table.ts';
import type { DemoReport } from './demo-report.ts';
import { type DemoStage, demoStages } from './demo-stages.ts';
import { crashSection } from './report/crash-section.ts';
import { plural } from './report/figures.ts';
import { html, type Markup, trusted } from './report/markup.ts';
import { pageStyle } from './report/page-style.ts';
import { repeatSection } from './report/repeat-section.ts';
import { replaySection } from './report/replay-section.ts';
import { runSection, verificationSection } from './report/run-section.ts';
import { specSection } from './report/spec-section.ts';
import { statechartSection } from './report/statechart-section.ts';
import { verdict } from './report/table.ts';
import { traceSection } from './report/trace-section.ts';

/** No script, no picture, no font and no connection, whatever a text in the report tries. */
const policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'";

/**
 * Everything that `npm start` found as one page that needs nothing else: no network, no script. Texts from the run are escaped.
 * Graphviz, which draws the statecharts, takes about half a second to load.
 */
export async function htmlReport(report: DemoReport): Promise<string> {
  const graphviz = await Graphviz.load();
  const { run } = report;
  const stages = demoStages(report);
  const body = [
    section('proved', 'The specifications', specSection(report.checks)),
    section('replayed', 'Every edge, replayed against the code', replaySection(report.replay)),
    section(
      'statecharts',
      'The statecharts',
      statechartSection((dot) => graphviz.dot(dot)),
    ),
    section('survived', 'The run', runSection(run)),
    section('verified', 'What was verified afterwards', verificationSection(run)),
    section('crash', 'One crash, and its recovery', crashSection(run)),
    section('accepted', 'The recorded run, judged by TLC', traceSection(report.traceValidation)),
    section('repeat', 'How to repeat it', repeatSection(run)),
  ];
  return `${html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<title>Crossbound: ${headline(stages)}</title>
<link rel="icon" href="data:,">
<style>${trusted(pageStyle)}</style>
</head>
<body>
<header>
<p class="kicker">Crossbound ${report.crossboundVersion}: two-phase commit from specification to a real database</p>
<h1>${verdict(report.ok, headline(stages))}</h1>
<p class="machine"><time datetime="${report.startedAt}">${report.startedAt.replace('T', ' ').replace(/\.\d+Z$/, ' UTC')}</time>, in ${seconds(report.elapsedMs)}, on ${report.platform} with Node ${report.node}</p>
<ul class="stages">${stages.map(stageCard)}</ul>
</header>
<main>
${body}
</main>
<footer><p>Made by <code>npm start</code>. This page is one file, and asks nothing of the network.</p></footer>
</body>
</html>
`}`;
}

function headline(stages: readonly DemoStage[]): string {
  const failed = stages.filter(({ ok }) => !ok);
  return failed.length === 0 ? 'Everything holds' : `${plural(failed.length, 'stage')} of ${stages.length} failed`;
}

function stageCard({ name, ok, facts, problems, command, elapsedMs }: DemoStage): Markup {
  const next = html`<p class="next">Next: <code>${command}</code></p>`;
  return html`<li${ok ? undefined : html` class="failed"`}><div class="name"><a href="#${name}">${verdict(ok, name)}</a> <span class="time">${seconds(elapsedMs)}</span></div>
<ul>${[...problems.slice(0, 2).map((problem) => html`<li class="bad">${problem}</li>`), ...facts.map((fact) => html`<li>${fact}</li>`)]}</ul>
${ok ? undefined : next}</li>`;
}

function section(id: string, title: string, content: Markup): Markup {
  return html`<section id="${id}" aria-labelledby="${id}-title"><h2 id="${id}-title">${title}</h2>
${content}
</section>
`;
}
