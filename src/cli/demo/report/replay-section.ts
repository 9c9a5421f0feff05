import { configurationOf } from '../../../../models/two-phase-commit/stored-graphs.ts';
import { seconds } from '../../check/result-table.ts';
import type { DemoReport } from '../demo-report.ts';
import { figure } from './figures.ts';
import { html, type Markup } from './markup.ts';
import { bar, table, verdict } from './table.ts';

/** How much of TLC's state graphs the code was led through, by configuration and by action. */
export function replaySection(replay: DemoReport['replay']): Markup {
  const edges = table(
    'Edges of the state graphs of TwoPhaseCommit and TwoPhaseOptions',
    [
      { title: 'Configuration' },
      { title: 'Covered', align: 'right' },
      { title: 'Of', align: 'right' },
      { title: 'Result' },
      { title: 'States', align: 'right' },
      { title: 'Pairs', align: 'right' },
      { title: 'Steps', align: 'right' },
      { title: 'Time', align: 'right' },
    ],
    replay.map((result) => [
      result.configuration,
      figure(result.coveredEdges),
      figure(result.totalEdges),
      outcome(result),
      `${figure(result.coveredStates)} of ${figure(result.totalStates)}`,
      figure(result.pairs),
      figure(result.steps),
      seconds(result.elapsedMs),
    ]),
  );
  return html`<p>The statecharts and the recovery code were led along every edge that TLC found, crashes and lost messages included. What the
specification allows the code must do, and what it forbids the code must refuse. A <em>pair</em> is a state of the code with the state of the
specification that it stands for: several states of the code may stand for one. A <em>step</em> is one thing that the code did at such a pair.</p>
${edges}
${replay.map(divergence)}
${stepsByAction(replay)}`;
}

function outcome({ divergence: difference, coveredEdges, totalEdges }: DemoReport['replay'][number]): Markup {
  if (difference !== undefined) return verdict(false, `differs at ${difference.action}`);
  return coveredEdges === totalEdges ? verdict(true, 'every edge') : verdict(false, `${figure(totalEdges - coveredEdges)} not covered`);
}

function divergence({ configuration, divergence: difference }: DemoReport['replay'][number]): Markup | undefined {
  if (difference === undefined) return undefined;
  return html`<div class="problem"><p>The code differs from ${configurationOf(configuration)} at ${difference.action}: ${difference.message}. The way there:</p>
<ol>${difference.path.map((label) => html`<li><code>${label}</code></li>`)}</ol></div>`;
}

function stepsByAction(replay: DemoReport['replay']): Markup | undefined {
  const totals = new Map<string, number>();
  for (const { stepsByAction: steps } of replay) {
    for (const [action, count] of Object.entries(steps)) totals.set(action, (totals.get(action) ?? 0) + count);
  }
  if (totals.size === 0) return undefined;
  const sorted = [...totals].sort(([, a], [, b]) => b - a);
  const largest = Math.max(1, ...totals.values());
  return table(
    'Steps of the code that were compared, by action of the specification',
    [{ title: 'Action' }, { title: 'Steps', align: 'right' }, { title: 'Beside the largest' }],
    sorted.map(([action, count]) => [html`<code>${action}</code>`, figure(count), bar(count / largest)]),
    'compact',
  );
}
