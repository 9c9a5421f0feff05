import { seconds } from '../../check/result-table.ts';
import type { RunReport } from '../../run/run-report.ts';
import { duration, figure, plural } from './figures.ts';
import { killGrid } from './kill-grid.ts';
import { html, type Markup, type MarkupPart } from './markup.ts';
import { killTimeline, latencyPlot, percentiles, recoveryPlot } from './plots.ts';
import { bar, table, verdict } from './table.ts';

/** The real work: what was asked for, where it was interrupted, how long it took. */
export function runSection(run: RunReport): Markup {
  const { workload, coordinator, database, durations } = run;
  const stores = workload.stores.map(({ name, kind }) => `${name} (${kind})`).join(', ');
  return html`<p>${plural(workload.transfers, 'transfer')} of <code>${workload.file}</code>, ${workload.inFlight} at a time, between accounts in ${stores},
in ${seconds(durations.workMs)}. Meanwhile the coordinator was killed with SIGKILL ${plural(coordinator.kills.length, 'time')} and PostgreSQL
${plural(database.kills.length, 'time')}; each time it was started again and recovered.</p>
${run.problems.length === 0 ? undefined : html`<div class="problem"><p>What is wrong with the run:</p><ul>${run.problems.map((problem) => html`<li>${problem}</li>`)}</ul></div>`}
${outcomes(run)}
<h3>Where it was killed</h3>
<p>The protocol has ${coordinator.points} points, one before and one after each of its effects. The list comes from the statecharts.</p>
${killGrid(run)}
<div class="pair">${killTimeline(run)}${recoveryPlot(run)}</div>
${recoveryTable(run)}
<h3>How long it took</h3>
<div class="pair">${latencyPlot(run)}${latencyTable(run)}</div>`;
}

function outcomes({ transfers, acknowledgements, workload, traces }: RunReport): Markup {
  const total = Math.max(1, workload.transfers);
  const row = (name: MarkupPart, value: number) => [name, figure(value), bar(Math.min(1, value / total))];
  const { resolved } = transfers;
  const outcome = table(
    'What became of the transfers',
    [{ title: 'Outcome' }, { title: 'Transfers', align: 'right' }, { title: 'Share' }],
    [
      row('committed', transfers.committed),
      ...aborted(transfers).map(([name, value]) => row(name, value)),
      { group: 'How the client learned of it' },
      row('answered, and durably recorded by the client', acknowledgements),
      row(html`<span class="part">of these, found committed after a lost answer</span>`, resolved.committed),
      row(html`<span class="part">of these, found aborted after a lost answer</span>`, resolved.aborted),
    ],
    'compact',
  );
  return html`${outcome}
<p class="legend">${plural(transfers.unknown, 'answer')} were lost, of ${plural(resolved.committed + resolved.aborted, 'transfer')}: a transfer is asked for again until its
outcome is certain, and may lose several answers on the way. Each attempt that the coordinator began is a transaction of its own, so that
${figure(traces.transactions)} were recorded.</p>`;
}

/** The aborts, with their reason where there is only one, and else with a part for each. */
function aborted({ aborted: all, abortReasons }: RunReport['transfers']): readonly (readonly [name: MarkupPart, value: number])[] {
  const reasons = Object.entries(abortReasons).sort(([, a], [, b]) => b - a);
  const [only] = reasons;
  if (only !== undefined && reasons.length === 1) return [[`aborted: ${only[0]}`, all]];
  return [['aborted', all], ...reasons.map(([reason, value]) => [html`<span class="part">of these: ${reason}</span>`, value] as const)];
}

function recoveryTable({ coordinator: { recoveries, kills } }: RunReport): Markup {
  const ready = new Map(recoveries.map((recovery) => [recovery.incarnation, recovery]));
  const starts = [...new Set([...ready.keys(), ...kills.map(({ incarnation }) => incarnation)])].sort((a, b) => a - b);
  const rows = starts.map((start) => {
    const recovery = ready.get(start);
    if (recovery === undefined) return [start, 'killed before', '–', '–', '–'];
    const { readyMs, recoveredMs, inDoubt, committed } = recovery;
    return [
      start,
      duration(readyMs),
      recoveredMs === undefined ? 'killed before' : duration(recoveredMs),
      figure(inDoubt),
      figure(committed),
    ];
  });
  const columns = [
    { title: 'Start', align: 'right' },
    { title: 'Ready after', align: 'right' },
    { title: 'Recovered after', align: 'right' },
    { title: 'Branches in doubt', align: 'right' },
    { title: 'Commits to tell', align: 'right' },
  ] as const;
  return html`<details><summary>Every recovery, in figures</summary>${table('What each start of the coordinator found', columns, rows)}</details>`;
}

function latencyTable({ latency }: RunReport): Markup {
  const columns = [{ title: 'Of' }, { title: 'Reply', align: 'right' }, { title: 'Transfer', align: 'right' }] as const;
  const rows = percentiles.map(({ key, name }) => [name, duration(latency.reply[key]), duration(latency.transfer[key])]);
  const times = table(
    'At most this long',
    columns,
    [...rows, ['measured', figure(latency.reply.count), figure(latency.transfer.count)]],
    'compact',
  );
  return html`<div>${times}
<p class="legend">A reply is measured for each attempt that got one, and a transfer from its first request to its recorded outcome: there
may be more replies than transfers.</p></div>`;
}

/** What was asked of stores, logs and acknowledgements after the run. */
export function verificationSection({ checks }: RunReport): Markup {
  return html`<p>After the run, with everything at rest, the accounts, the logs and what the client had recorded were compared.
The <em>decisions</em> are the commits in the coordinator's log: one for each committed transfer, and one for the opening of the accounts.</p>
${table(
  'Checks after the run',
  [{ title: 'What must hold' }, { title: 'Result' }, { title: 'Found' }],
  checks.map(({ name, ok, detail }) => [name, verdict(ok, ok ? 'holds' : 'does not hold'), detail]),
)}`;
}
