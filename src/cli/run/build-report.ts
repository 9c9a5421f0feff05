import { type RecordedRun, readRecordedRun } from '../../../models/trace/project-traces.ts';
import type { RecordedTransaction } from '../../protocol/recorded-run.ts';
import type { TraceEvent } from '../../protocol/trace-event.ts';
import { effectPoints } from '../../runtime/effect-points.ts';
import type { ClientResult } from './client-run.ts';
import type { Incarnations } from './incarnations.ts';
import { percentiles } from './percentiles.ts';
import type { Acknowledgement, StorePlace } from './process-messages.ts';
import type { CoordinatorKill, DatabaseKill, RecoveredCrash, RunReport, VerificationCheck } from './run-report.ts';
import type { Workload } from './workload.ts';

/** What is known when a run is over. */
export interface RunFacts {
  readonly startedAt: Date;
  readonly seed: number;
  readonly file: string;
  readonly inFlight: number;
  readonly workload: Workload;
  readonly places: readonly StorePlace[];
  /** Points that were to be killed at. */
  readonly planned: readonly string[];
  readonly incarnations: Incarnations;
  readonly databaseKills: readonly DatabaseKill[];
  readonly client: ClientResult;
  readonly acknowledgements: readonly Acknowledgement[];
  readonly checks: readonly VerificationCheck[];
  readonly durations: RunReport['durations'];
}

/** The report of a run, and what it recorded, for TLC to judge. */
export interface RunResult {
  readonly report: RunReport;
  readonly recorded: RecordedRun;
}

export async function buildReport(facts: RunFacts): Promise<RunResult> {
  const { incarnations, workload, client, checks } = facts;
  const recorded = await readRecordedRun(incarnations.traceFiles);
  const problems = [...incarnations.missed, ...checks.filter(({ ok }) => !ok).map(({ name, detail }) => `${name}: no. ${detail}`)];
  const { statistics } = client;
  const report: RunReport = {
    version: 1,
    ok: problems.length === 0,
    problems,
    startedAt: facts.startedAt.toISOString(),
    seed: facts.seed,
    workload: { file: facts.file, transfers: workload.transfers.length, stores: describeStores(facts), inFlight: facts.inFlight },
    transfers: { ...countOutcomes(facts.acknowledgements), ...pickCounts(statistics) },
    acknowledgements: facts.acknowledgements.length,
    coordinator: {
      incarnations: incarnations.traceFiles.length,
      planned: [...facts.planned],
      points: effectPoints.length,
      kills: [...incarnations.kills],
      recoveries: [...incarnations.recoveries],
    },
    database: { kills: [...facts.databaseKills] },
    checks: [...checks],
    latency: { reply: percentiles(statistics.replyMs), transfer: percentiles(statistics.transferMs) },
    traces: {
      files: [...incarnations.traceFiles],
      records: recorded.records,
      transactions: recorded.transactions.length,
      crashed: recorded.transactions.filter(hasCrash).length,
    },
    recoveredCrash: findRecoveredCrash(incarnations.kills, recorded.transactions),
    durations: facts.durations,
  };
  return { report, recorded };
}

function describeStores({ places, workload }: RunFacts): RunReport['workload']['stores'] {
  return places.map(({ name, kind }) => ({
    name,
    kind: kind === 'journal' ? 'userspace journal' : 'PostgreSQL',
    accounts: workload.accounts.get(name)?.size ?? 0,
  }));
}

function countOutcomes(
  acknowledgements: readonly Acknowledgement[],
): Pick<RunReport['transfers'], 'committed' | 'aborted' | 'abortReasons'> {
  const abortReasons: Record<string, number> = {};
  let committed = 0;
  for (const { outcome, reason = 'UNKNOWN' } of acknowledgements) {
    if (outcome === 'committed') committed += 1;
    else abortReasons[reason] = (abortReasons[reason] ?? 0) + 1;
  }
  return { committed, aborted: acknowledgements.length - committed, abortReasons };
}

function pickCounts({ retries, unknown, resolved, foundCommitted }: ClientResult['statistics']) {
  return { retries, unknown, resolved, foundCommitted };
}

function hasCrash({ events }: RecordedTransaction): boolean {
  return events.some(({ action }) => action === 'CrashCoordinator');
}

/** Of the transactions at whose effects the coordinator was killed, the one that shows most: rather one crash than several, rather a commit. */
function findRecoveredCrash(kills: readonly CoordinatorKill[], transactions: readonly RecordedTransaction[]): RecoveredCrash | undefined {
  const byName = new Map(transactions.map((transaction) => [transaction.tx, transaction]));
  const candidates = kills.flatMap(({ tx, transfer, point }) => {
    const transaction = byName.get(tx);
    if (transaction === undefined || transfer === undefined) return [];
    const { participants, events } = transaction;
    const crashes = events.filter(({ action }) => action === 'CrashCoordinator').length;
    const crashAt = events.findIndex(({ action }) => action === 'CrashCoordinator');
    const outcome: RecoveredCrash['outcome'] = events.some(isCommit) ? 'committed' : 'aborted';
    const score = events.length - 1_000 * crashes + (outcome === 'committed' ? 100 : 0);
    if (crashes === 0) return [];
    return [{ score, crash: { tx, transfer, point, participants: [...participants], outcome, events: [...events], crashAt } }];
  });
  return candidates.sort((a, b) => b.score - a.score)[0]?.crash;
}

function isCommit(event: TraceEvent): boolean {
  if (event.action === 'FlushCoordinator') return event.record === 'Commit';
  return event.action === 'RecoverCoordinator' && event.state === 'committed';
}
