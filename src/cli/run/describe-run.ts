import { effectPoints } from '../../runtime/effect-points.ts';
import { seconds } from '../check/result-table.ts';
import type { RunReport } from './run-report.ts';
import type { RunProgress } from './run-workload.ts';

/** How far a run is, in one line. */
export function describeProgress(progress: RunProgress): string {
  if (progress.phase === 'starting') return `starting the databases, ${seconds(progress.elapsedMs)}`;
  const { transfers, acknowledged, ratePerSecond, kills, plannedKills, restarts, databaseKills, elapsedMs } = progress;
  const done = `${figure(acknowledged)} of ${figure(transfers)} transfers (${figure(Math.round(ratePerSecond))}/s)`;
  const faults = `${kills} of ${plannedKills} kills of the coordinator, ${restarts} restarts, ${databaseKills} kills of the database`;
  return `${progress.phase === 'verifying' ? 'verifying: ' : ''}${done}, ${faults}, ${seconds(elapsedMs)}`;
}

/** What a run came to, on one screen. */
export function describeRun(report: RunReport): string {
  const { workload, transfers, coordinator, database, latency, durations, seed } = report;
  const reasons = Object.entries(transfers.abortReasons).map(([reason, count]) => `${figure(count)} ${reason}`);
  const recovered = coordinator.recoveries.flatMap(({ recoveredMs }) => recoveredMs ?? []);
  const inDoubt = coordinator.recoveries.reduce((sum, recovery) => sum + recovery.inDoubt, 0);
  return [
    ...(coordinator.planned.length > 0 ? [describeKills(report), ''] : []),
    `${figure(workload.transfers)} transfers, ${workload.inFlight} at a time: ${figure(transfers.committed)} committed, ${figure(transfers.aborted)} aborted${reasons.length > 0 ? ` (${reasons.join(', ')})` : ''}`,
    ...(transfers.unknown > 0 ? [describeLostAnswers(transfers)] : []),
    `${figure(report.traces.transactions)} transactions were recorded: each attempt of a transfer is one. The decisions below include the opening of the accounts`,
    `${coordinator.kills.length} kills of the coordinator, ${database.kills.length} of the database; ${figure(inDoubt)} branches found in doubt; the slowest recovery took ${seconds(Math.max(0, ...recovered))}`,
    `a transfer took ${milliseconds(latency.transfer.p50Ms)} (half of them), ${milliseconds(latency.transfer.p99Ms)} (99%), ${milliseconds(latency.transfer.maxMs)} (the slowest), kills included`,
    '',
    ...report.checks.map(({ name, ok, detail }) => `${ok ? 'ok    ' : 'FAILED'}  ${name}: ${detail}`),
    ...(report.problems.length > 0 ? ['', ...report.problems] : []),
    '',
    `${report.ok ? 'All of it holds' : 'It does not hold'}, after ${seconds(durations.totalMs)}. To plan the same kills again: --seed ${seed}`,
    '',
  ].join('\n');
}

/** A transfer may lose several answers: the figures of the two do not add up. */
function describeLostAnswers({ unknown, resolved, foundCommitted }: RunReport['transfers']): string {
  const concerned = resolved.committed + resolved.aborted;
  const several = unknown > concerned ? ', some more than once' : '';
  return (
    `${figure(unknown)} answers were lost, of ${figure(concerned)} transfers${several}; asked for again, ${figure(resolved.committed)} turned out committed ` +
    `(${figure(foundCommitted)} by an attempt whose answer was lost), ${figure(resolved.aborted)} aborted`
  );
}

/** Before and after which effects the coordinator was to be killed: how often it was, `-` where it was not to be, `missed` where it did not come to it. */
function describeKills({ coordinator }: RunReport): string {
  const cell = (point: string): string => {
    const kills = coordinator.kills.filter((kill) => kill.point === point).length;
    if (kills > 0) return String(kills);
    return coordinator.planned.includes(point) ? 'missed' : '-';
  };
  const effects = new Set(effectPoints.map((point) => point.replace(/^\w+ /, '')));
  const rows = [...effects].map((effect) => [effect, cell(`before ${effect}`), cell(`after ${effect}`)] as const);
  const shown = rows.filter(([, before, after]) => before !== '-' || after !== '-');
  const width = Math.max(0, ...shown.map(([effect]) => effect.length));
  const line = (effect: string, before: string, after: string): string =>
    `${effect.padEnd(width)}  ${before.padStart(6)}  ${after.padStart(6)}`;
  return [
    'Kills of the coordinator, by the effect that it was about to have or had just had:',
    line('', 'before', 'after'),
    ...shown.map((row) => line(...row)),
  ].join('\n');
}

function figure(value: number): string {
  return value.toLocaleString('en-US');
}

function milliseconds(value: number): string {
  return value < 1_000 ? `${Math.round(value)} ms` : seconds(value);
}
