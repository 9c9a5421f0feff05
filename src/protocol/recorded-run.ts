import { z } from 'zod';
import { ParticipantName, TransactionId } from './identifiers.ts';
import { TraceEvent } from './trace-event.ts';

/** The work is done and its participants are known: recorded before the first protocol step of a transaction. */
export interface BeginEvent {
  readonly action: 'Begin';
  readonly participants: readonly string[];
}

const Begin: z.ZodType<BeginEvent> = z.strictObject({ action: z.literal('Begin'), participants: z.array(ParticipantName).min(1) });

const Header = z.object({
  seq: z.int().min(1),
  at: z.number(),
  tx: TransactionId.optional(),
});

/** One line of a recorded run, flat in JSON. */
export type TraceRecord = {
  /** Counts from 1 in each incarnation of the manager; the order of the lines is the order of the run. */
  readonly seq: number;
  /** Wall-clock time, in milliseconds since the Unix epoch. */
  readonly at: number;
  /**
   * Absent where the step concerns every transaction that the run has seen: the crash of the process, which the next start
   * records, and a recovery, which concerns those that were not recovered by name since that crash.
   */
  readonly tx?: string | undefined;
} & (TraceEvent | BeginEvent);

/** Checks one parsed line of a recorded run. Throws `ZodError` where it is not one. */
export function parseTraceRecord(value: unknown): TraceRecord {
  const { seq, at, tx, ...event } = z.looseObject({}).parse(value);
  const header = Header.parse({ seq, at, tx });
  return { ...header, ...(event['action'] === 'Begin' ? Begin.parse(event) : TraceEvent.parse(event)) };
}

/** What a recorded run says of one transaction: a behaviour of TwoPhaseCommit with one transaction, if all is well. */
export interface RecordedTransaction {
  readonly tx: string;
  readonly participants: readonly string[];
  readonly events: readonly TraceEvent[];
}

/** A recorded run, transaction by transaction. */
export interface ProjectedRun {
  readonly transactions: readonly RecordedTransaction[];
  /** Transactions of which there are steps and no `Begin`: the record is not complete. */
  readonly withoutBegin: readonly string[];
}

/** One transaction while its events are collected. */
interface Projection {
  readonly tx: string;
  readonly participants: readonly string[];
  readonly events: TraceEvent[];
  /** How many of the shared steps it has taken over, or need not. */
  sharedSeen: number;
  isCoordinatorDown: boolean;
  readonly down: Set<string>;
}

/**
 * Splits a recorded run by transaction, each with the crashes that it lived through. Crashes after the last step of a
 * transaction are left out: they lead a finished one back to where it was.
 */
export function projectRun(records: Iterable<TraceRecord>): ProjectedRun {
  const shared: TraceEvent[] = [];
  const projections = new Map<string, Projection>();
  const withoutBegin = new Set<string>();
  for (const { seq: _seq, at: _at, tx, ...event } of records) {
    if (event.action === 'Begin') {
      if (tx !== undefined) projections.set(tx, begin(tx, event.participants, shared.length));
    } else if (tx === undefined) {
      shared.push(event);
    } else {
      const projection = projections.get(tx);
      if (projection) takeOver(projection, shared, event);
      else withoutBegin.add(tx);
    }
  }
  const transactions = [...projections.values()].map(({ tx, participants, events }) => ({ tx, participants, events }));
  return { transactions, withoutBegin: [...withoutBegin] };
}

function begin(tx: string, participants: readonly string[], sharedSeen: number): Projection {
  return { tx, participants, events: [], sharedSeen, isCoordinatorDown: false, down: new Set() };
}

function takeOver(projection: Projection, shared: readonly TraceEvent[], event: TraceEvent): void {
  for (const step of shared.slice(projection.sharedSeen)) add(projection, step);
  projection.sharedSeen = shared.length;
  add(projection, event);
}

/** Adds a step, unless it is a crash of what is down or a recovery of what is up. */
function add(projection: Projection, event: TraceEvent): void {
  const { down, participants, events } = projection;
  switch (event.action) {
    case 'CrashCoordinator':
    case 'RecoverCoordinator': {
      const goesDown = event.action === 'CrashCoordinator';
      if (projection.isCoordinatorDown === goesDown) return;
      projection.isCoordinatorDown = goesDown;
      break;
    }
    case 'CrashParticipant':
      if (!participants.includes(event.rm) || down.has(event.rm)) return;
      down.add(event.rm);
      break;
    case 'RecoverParticipant':
      if (!down.delete(event.rm)) return;
      break;
    default:
  }
  events.push(event);
}
