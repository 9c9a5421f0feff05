import type { RunReport } from '../../run/run-report.ts';
import { runCommand } from '../demo-stages.ts';
import { html, type Markup } from './markup.ts';

/** The commands that do again what this page shows, all or in part. */
export function repeatSection(run: RunReport): Markup {
  const commands = [
    ['npm start', 'all of it'],
    ['npx crossbound check --mutants --reachable', 'the specifications, what they must reject, and what must be reachable'],
    ['npx crossbound replay', 'every edge of every state graph'],
    [runCommand(run), 'the run, with the same kills planned, and its verification'],
    ['npx crossbound statecharts coordinator', 'a statechart as a Mermaid diagram; also for Stately’s editor'],
  ] as const;
  return html`<p>The seed of this run is <code>${run.seed}</code>. It plans the kills; what else happens at the same time is the machine’s to decide.</p>
<dl class="commands">${commands.map(([command, purpose]) => html`<div><dt><code>${command}</code></dt><dd>${purpose}</dd></div>`)}</dl>`;
}
