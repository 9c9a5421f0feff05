/**
 * What the three processes of a run tell each other: the supervisor starts the coordinator and the client, gives each its
 * settings over the channel that `fork` makes, and hears from them; client and coordinator talk over a socket, a JSON line
 * for each request and each reply.
 */
import { z } from 'zod';
import type { Transfer } from './workload.ts';

const count = z.int().min(0);
const place = z.strictObject({ store: z.string(), account: z.string() });
const transfer: z.ZodType<Transfer> = z.strictObject({ id: z.string(), from: place, to: place, amount: z.int().min(1) });

/** Where one store of the workload is. */
export const StorePlace = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('postgresql'),
    name: z.string(),
    /** With the schema in which this run has its tables as its search path. */
    connectionString: z.string(),
  }),
  z.strictObject({ kind: z.literal('journal'), name: z.string(), directory: z.string() }),
]);
export type StorePlace = z.infer<typeof StorePlace>;

/** How a transaction is made to fail, where the point of the next kill needs one that does. */
const Provocation = z.enum([
  /** The work gives up, before anyone is asked to prepare. */
  'give-up',
  /** A constraint refuses at `PREPARE TRANSACTION`. */
  'refuse',
  /** The session ends in the middle of `PREPARE TRANSACTION`: nobody knows whether it has prepared. */
  'vanish',
]);
export type Provocation = z.infer<typeof Provocation>;

/** Where the coordinator kills itself: at the first `point` after it has answered `afterTransfers` requests, or, to provoke something, got so many. */
const KillTarget = z.strictObject({ point: z.string(), afterTransfers: count, provoke: Provocation.optional() });
export type KillTarget = z.infer<typeof KillTarget>;

/** The first and only message from the supervisor to the coordinator, before `stop`. */
export const CoordinatorSettings = z.strictObject({
  name: z.string(),
  directory: z.string(),
  stores: z.array(StorePlace),
  /** Where it listens for the client. */
  socket: z.string(),
  maxInFlight: z.int().min(1),
  traceFile: z.string(),
  kill: z
    .strictObject({
      target: KillTarget,
      /** Taken instead, when all is recovered and a target of recovery was not passed. */
      afterRecovery: KillTarget.optional(),
      /** Gets a {@link KillNote}, just before the kill. */
      noteFile: z.string(),
    })
    .optional(),
});
export type CoordinatorSettings = z.infer<typeof CoordinatorSettings>;

/** What the coordinator leaves behind of its death. */
export const KillNote = z.strictObject({
  point: z.string(),
  provoked: z.boolean(),
  tx: z.string(),
  transfer: z.string().optional(),
  participant: z.string().optional(),
  /** Milliseconds since the Unix epoch. */
  at: z.number(),
});
export type KillNote = z.infer<typeof KillNote>;

/** From the coordinator to the supervisor. */
export const CoordinatorNews = z.discriminatedUnion('type', [
  /** It takes requests. What it found: branches in doubt, transactions committed and not acknowledged by everyone. */
  z.strictObject({ type: z.literal('ready'), inDoubt: count, committed: count }),
  z.strictObject({ type: z.literal('recovered') }),
  z.strictObject({ type: z.literal('failed'), message: z.string() }),
]);
export type CoordinatorNews = z.infer<typeof CoordinatorNews>;

/** From the supervisor to the coordinator: finish what is under way, close everything, and end. */
export const STOP = 'stop';

/** From the client to the coordinator. */
export const TransferRequest = z.strictObject({ request: z.int().min(1), transfer });
export type TransferRequest = z.infer<typeof TransferRequest>;

/** From the coordinator to the client, only when the outcome is decided and durable. */
export const TransferReply = z.strictObject({
  request: z.int().min(1),
  /** `unknown`: the decision is not known here; ask again. */
  outcome: z.enum(['committed', 'aborted', 'unknown']),
  /** The transaction that committed, or that was rolled back. */
  tx: z.string(),
  /** It was committed by an earlier attempt, whose mark was found. */
  isRepeated: z.boolean(),
  /** This attempt has set its mark, so no earlier one had committed, nor will. */
  wasFirst: z.boolean(),
  /** Why it was rolled back: a code. */
  reason: z.string().optional(),
  /** Another attempt may succeed. */
  isRetryable: z.boolean(),
});
export type TransferReply = z.infer<typeof TransferReply>;

/** The first and only message from the supervisor to the client. */
export const ClientSettings = z.strictObject({
  socket: z.string(),
  workloadFile: z.string(),
  stores: z.array(z.string()),
  acknowledgementFile: z.string(),
  inFlight: z.int().min(1),
});
export type ClientSettings = z.infer<typeof ClientSettings>;

/** One line of the client's durable record. */
export const Acknowledgement = z.strictObject({
  transfer: z.string(),
  outcome: z.enum(['committed', 'aborted']),
  /** The transaction that committed or was rolled back, or that found the transfer made by an earlier one. */
  tx: z.string(),
  isRepeated: z.boolean(),
  reason: z.string().optional(),
});
export type Acknowledgement = z.infer<typeof Acknowledgement>;

/** What the client has counted, in the end. */
export const ClientStatistics = z.strictObject({
  retries: count,
  unknown: count,
  resolved: z.strictObject({ committed: count, aborted: count }),
  foundCommitted: count,
  /** Milliseconds, unsorted. */
  replyMs: z.array(z.number()),
  transferMs: z.array(z.number()),
});
export type ClientStatistics = z.infer<typeof ClientStatistics>;

/** From the client to the supervisor. */
export const ClientNews = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('progress'), acknowledged: count }),
  z.strictObject({ type: z.literal('finished'), acknowledged: count, statistics: ClientStatistics }),
  z.strictObject({ type: z.literal('failed'), message: z.string() }),
]);
export type ClientNews = z.infer<typeof ClientNews>;
