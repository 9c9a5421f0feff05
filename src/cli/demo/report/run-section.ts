import { seconds } from '../../check/result-table.ts';
import type { RunReport } from '../../run/run-report.ts';
import { duration, figure, plural } from './figures.ts';
import { killGrid } from './kill-grid.ts';
import { html, type Markup } from './markup.ts';
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

function outcomes({ transfers, acknowledgements, workload }: RunReport): Markup {
  const total = Math.max(1, workload.transfers);
  const reasons = Object.entries(transfers.abortReasons).sort(([, a], [, b]) => b - a);
  const row = (name: string, value: number) => [name, figure(value), bar(Math.min(1, value / total))];
  return table(
    'What became of the transfers',
    [{ title: 'Outcome' }, { title: 'Transfers', align: 'right' }, { title: 'Share' }],
    [
      row('committed', transfers.committed),
      row('aborted', transfers.aborted),
      ...reasons.map(([reason, value]) => row(`aborted: ${reason}`, value)),
      row('answered to the client, who recorded it durably', acknowledgements),
      row('answer lost in a crash, then found committed', transfers.resolved.committed),
      row('answer lost in a crash, then found aborted', transfers.resolved.aborted),
    ],
    'compact',
  );
}

function recoveryTable({ coordinator: { recoveries } }: RunReport): Markup {
  const rows = recoveries.map(({ incarnation, readyMs, recoveredMs, inDoubt, committed }) => [
    incarnation,
    duration(readyMs),
    recoveredMs === undefined ? 'killed before' : duration(recoveredMs),
    figure(inDoubt),
    figure(committed),
  ]);
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
  return table(
    'At most this long',
    columns,
    [...rows, ['measured', figure(latency.reply.count), figure(latency.transfer.count)]],
    'compact',
  );
}

/** What was asked of stores, logs and acknowledgements after the run. */
export function verificationSection({ checks }: RunReport): Markup {
  return html`<p>After the run, with everything at rest, the accounts, the logs and what the client had recorded were compared.</p>
${table(
  'Checks after the run',
  [{ title: 'What must hold' }, { title: 'Result' }, { title: 'Found' }],
  checks.map(({ name, ok, detail }) => [name, verdict(ok, ok ? 'holds' : 'does not hold'), detail]),
)}`;
}
