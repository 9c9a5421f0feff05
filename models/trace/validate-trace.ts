import { InvalidInputError } from '../../src/protocol/errors.ts';
import type { RecordedTransaction } from '../../src/protocol/recorded-run.ts';
import type { TraceEvent } from '../../src/protocol/trace-event.ts';
import { describeSituation, parseReached, type ReachedSituation } from './reached-situation.ts';
import { runTraces, type TraceCheckOptions } from './run-traces.ts';
import { batchTraces, type CanonicalTrace, canonicalNames, type TraceBatch } from './trace-module.ts';

/** A trace that is no behaviour of the specification. */
export interface RejectedTrace {
  /** Position of the transaction among those given, from 0. */
  readonly index: number;
  readonly tx: string;
  /** How many events of the trace the specification explains; the next one it does not. */
  readonly position: number;
  /** That next event. */
  readonly event: TraceEvent;
  /** For people: what was so when the event came. */
  readonly reason: string;
}

/** What TLC said of a recorded run. */
export interface TraceValidation {
  readonly accepted: number;
  /** In the order of the transactions. */
  readonly rejected: readonly RejectedTrace[];
}

export interface TraceValidationRun extends TraceCheckOptions {
  readonly transactions: readonly RecordedTransaction[];
}

/**
 * Asks TLC whether each recorded transaction is a behaviour of TwoPhaseCommit, see TwoPhaseTrace.tla. Rejected ones cost a
 * second run of TLC, which finds the first event that no behaviour explains. Transactions that differ in their number of
 * participants take a run for each number.
 * @throws the abort reason; CheckerError where TLC could not be started; InvalidInputError where it could not judge.
 */
export async function validateTraces({ transactions, ...options }: TraceValidationRun): Promise<TraceValidation> {
  const indexed = transactions.map((transaction, index) => ({ ...transaction, index }));
  const strangers = indexed.flatMap((transaction) => rejectStranger(transaction) ?? []);
  const refused = new Set(strangers.map(({ index }) => index));
  const rejected: RejectedTrace[] = [...strangers];
  for (const batch of batchTraces(indexed.filter(({ index }) => !refused.has(index)))) {
    const failed = await findRejected(batch, options);
    if (failed.length === 0) continue;
    const furthest = await findFurthest({ ...batch, traces: failed }, options);
    failed.forEach((trace, place) => {
      for (const index of trace.indexes) rejected.push(explain(index, transactions[index], furthest.get(place + 1)));
    });
  }
  rejected.sort((a, b) => a.index - b.index);
  return { accepted: transactions.length - rejected.length, rejected };
}

function rejectStranger({ index, tx, participants, events }: RecordedTransaction & { readonly index: number }): RejectedTrace | undefined {
  const position = events.findIndex((event) => 'rm' in event && !participants.includes(event.rm));
  const event = events[position];
  if (event === undefined || !('rm' in event)) return undefined;
  return { index, tx, position, event, reason: `${event.rm} does not take part in ${tx}, only ${participants.join(', ')} do.` };
}

async function findRejected(batch: TraceBatch, options: TraceCheckOptions): Promise<CanonicalTrace[]> {
  const accepted = new Set<number>();
  await runTraces(batch, 'ReportAccepted', options, (line) => {
    if (/^\d+$/.test(line)) accepted.add(Number(line));
  });
  return batch.traces.filter((_trace, place) => !accepted.has(place + 1));
}

async function findFurthest(batch: TraceBatch, options: TraceCheckOptions): Promise<Map<number, ReachedSituation>> {
  const furthest = new Map<number, ReachedSituation>();
  await runTraces(batch, 'ReportReached', options, (line) => {
    const reached = parseReached(line);
    if (reached === undefined) return;
    const known = furthest.get(reached.trace);
    if (known === undefined || known.position < reached.position) furthest.set(reached.trace, reached);
  });
  return furthest;
}

function explain(index: number, transaction: RecordedTransaction | undefined, reached: ReachedSituation | undefined): RejectedTrace {
  const event = transaction?.events[reached?.position ?? -1];
  if (transaction === undefined || reached === undefined || event === undefined) {
    throw new InvalidInputError(`TLC rejected trace ${index} in one run and not in the next: was the specification changed meanwhile?`);
  }
  const names = new Map([...canonicalNames(transaction.events)].map(([name, canonical]) => [canonical, name]));
  const unmentioned = transaction.participants.filter((name) => ![...names.values()].includes(name));
  const nameOf = (canonical: string): string => names.get(canonical) ?? (unmentioned.join(' or ') || canonical);
  const situation = describeSituation(reached, nameOf);
  const reason = `${describeEvent(event)} is no step of TwoPhaseCommit after the ${reached.position} before it: ${situation}.`;
  return { index, tx: transaction.tx, position: reached.position, event, reason };
}

/** `FlushParticipant(rm left, record Prepared)` */
function describeEvent({ action, ...rest }: TraceEvent): string {
  const parameters = Object.entries(rest).map(([name, value]) => `${name} ${value}`);
  return parameters.length === 0 ? action : `${action}(${parameters.join(', ')})`;
}
