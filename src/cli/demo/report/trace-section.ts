import { seconds } from '../../check/result-table.ts';
import type { DemoReport } from '../demo-report.ts';
import { figure, plural } from './figures.ts';
import { html, type Markup } from './markup.ts';
import { table, verdict } from './table.ts';

/** What TLC said of the recorded run, and of lies about it. */
export function traceSection({ traces, accepted, events, elapsedMs, rejected, tampered }: DemoReport['traceValidation']): Markup {
  return html`<p>What the run recorded went back to TLC: is each transaction, with the crashes that it lived through, a behaviour of the specification?
${plural(traces, 'transaction')} with ${plural(events, 'recorded step')} took it ${seconds(elapsedMs)}. Each attempt of a transfer is one, so that there may be more of them than transfers.</p>
<p>${verdict(accepted === traces && traces > 0, `${figure(accepted)} of ${figure(traces)} accepted`)}</p>
${rejected.length === 0 ? undefined : html`<div class="problem"><p>Not accepted:</p><ul>${rejected.map(({ tx, reason }) => html`<li><code>${tx}</code>: ${reason}</li>`)}</ul></div>`}
<p>A validation that a lie can pass proves nothing, so the same records went to TLC with one lie each.</p>
${table(
  'Tampered records, which must be rejected',
  [{ title: 'Lie' }, { title: 'Result' }, { title: 'Rejected at' }, { title: 'What it breaks' }],
  tampered.map((lie) => [lie.name, verdict(lie.rejected, lie.rejected ? 'rejected' : 'accepted'), lie.at ?? '–', lie.breaks ?? '–']),
)}`;
}
