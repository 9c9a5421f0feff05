import { z } from 'zod';
import { TraceEvent } from '../../protocol/trace-event.ts';

const count = z.int().min(0);
const milliseconds = z.number().min(0);
const outcome = z.enum(['committed', 'aborted']);

/** Of a list of durations, in milliseconds; zeros where there was none. */
const Percentiles = z.strictObject({
  count,
  p50Ms: milliseconds,
  p90Ms: milliseconds,
  p99Ms: milliseconds,
  p999Ms: milliseconds,
  maxMs: milliseconds,
});
export type Percentiles = z.infer<typeof Percentiles>;

/** One SIGKILL of the coordinator by itself, at a point of its protocol. */
const CoordinatorKill = z.strictObject({
  /** Which start of the coordinator it ended, from 1. */
  incarnation: z.int().min(1),
  /** `before sendPrepareToAll`, as in `effectPoints`. */
  point: z.string(),
  /** Whether the point was made to occur, by a fault put into one transaction; false where the workload led there by itself. */
  provoked: z.boolean(),
  /** The transaction whose effect it was. */
  tx: z.string(),
  /** The line of the workload that the transaction was for; absent where an earlier incarnation had begun it. */
  transfer: z.string().optional(),
  /** The branch whose effect it was; absent for an effect of the coordinator. */
  participant: z.string().optional(),
  /** Since the begin of the run. */
  atMs: milliseconds,
});
export type CoordinatorKill = z.infer<typeof CoordinatorKill>;

/** One SIGKILL of every process of the database server, while transactions ran. */
const DatabaseKill = z.strictObject({ atMs: milliseconds, downMs: milliseconds });
export type DatabaseKill = z.infer<typeof DatabaseKill>;

/** What a start of the coordinator found, and how long it took. */
const Recovery = z.strictObject({
  incarnation: z.int().min(1),
  /** From the start of the process until it took requests. */
  readyMs: milliseconds,
  /** From the start of the process until nothing of earlier incarnations was in doubt; absent where it was killed before. */
  recoveredMs: milliseconds.optional(),
  /** Branches found prepared and without an outcome. */
  inDoubt: count,
  /** Transactions found committed, whose participants had still to be told. */
  committed: count,
});
export type Recovery = z.infer<typeof Recovery>;

/** One question that was put to the stores, logs and acknowledgements after the run. */
const VerificationCheck = z.strictObject({
  name: z.string(),
  ok: z.boolean(),
  /** For people: the figures when it holds, and what is wrong, with examples, when it does not. */
  detail: z.string(),
});
export type VerificationCheck = z.infer<typeof VerificationCheck>;

/** A transaction that lived through a kill of the coordinator, as its recorded steps; for a sequence diagram. */
const RecoveredCrash = z.strictObject({
  tx: z.string(),
  /** The line of the workload that it was for. */
  transfer: z.string(),
  /** Where the coordinator was killed. */
  point: z.string(),
  participants: z.array(z.string()),
  outcome,
  events: z.array(TraceEvent),
  /** Index in `events` of the first `CrashCoordinator`. */
  crashAt: count,
});
export type RecoveredCrash = z.infer<typeof RecoveredCrash>;

/** Everything that a run of a workload found out. Also the file that `crossbound run --json` writes. */
export const RunReport = z.strictObject({
  version: z.literal(1),
  /** No check failed and every planned kill happened. */
  ok: z.boolean(),
  /** For people: each reason why `ok` is false. */
  problems: z.array(z.string()),
  /** ISO 8601. */
  startedAt: z.string(),
  /** The same seed plans the same kills. */
  seed: z.int(),
  workload: z.strictObject({
    file: z.string(),
    transfers: count,
    /** The stores with the number of their accounts. */
    stores: z.array(z.strictObject({ name: z.string(), kind: z.enum(['PostgreSQL', 'userspace journal']), accounts: count })),
    inFlight: z.int().min(1),
  }),
  transfers: z.strictObject({
    committed: count,
    aborted: count,
    /** Number of aborted transfers by reason. */
    abortReasons: z.record(z.string(), count),
    /** Attempts beyond the first of each transfer. */
    retries: count,
    /** Times that a client lost its connection while it waited for an outcome. */
    unknown: count,
    /** Transfers of which an outcome was once unknown, by what they turned out to be. */
    resolved: z.strictObject({ committed: count, aborted: count }),
    /** Of the former: those found committed by the transaction whose answer was lost. */
    foundCommitted: count,
  }),
  /** Outcomes that the client had durably recorded, each before it counted it. */
  acknowledgements: count,
  coordinator: z.strictObject({
    incarnations: z.int().min(1),
    /** Every point of the protocol that was to be killed at, in the order of the plan. */
    planned: z.array(z.string()),
    /** Every effect point there is. */
    points: count,
    kills: z.array(CoordinatorKill),
    recoveries: z.array(Recovery),
  }),
  database: z.strictObject({ kills: z.array(DatabaseKill) }),
  checks: z.array(VerificationCheck),
  latency: z.strictObject({
    /** From the sending of a request to its reply, where the connection lasted. */
    reply: Percentiles,
    /** From the first sending of a transfer to the recording of its outcome, kills and restarts included. */
    transfer: Percentiles,
  }),
  traces: z.strictObject({
    /** One for each incarnation, in order. Only there while the run's directory is. */
    files: z.array(z.string()),
    /** Recorded steps. */
    records: count,
    /** Transactions of the protocol; each attempt of a transfer is one. */
    transactions: count,
    /** Transactions that lived through a crash of the coordinator. */
    crashed: count,
  }),
  recoveredCrash: RecoveredCrash.optional(),
  durations: z.strictObject({
    /** Starting PostgreSQL and opening the accounts. */
    setUpMs: milliseconds,
    /** From the first request to the last recorded outcome, and the coordinator's orderly end. */
    workMs: milliseconds,
    verifyMs: milliseconds,
    totalMs: milliseconds,
  }),
});
export type RunReport = z.infer<typeof RunReport>;
