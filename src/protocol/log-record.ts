import { z } from 'zod';
import { IdempotencyKey, ParticipantName, TransactionId } from './identifiers.ts';

/** What a client gave and got: the same key again gets the same result, as JSON, and nothing is done. No result: `undefined`. */
export const Idempotency = z.strictObject({ key: IdempotencyKey, result: z.string().exactOptional() });
export type Idempotency = z.infer<typeof Idempotency>;

/** The decision to commit. Presumed abort: there is no record of the other decision. */
const CommitRecord = z.strictObject({
  type: z.literal('Commit'),
  tx: TransactionId,
  participants: z.array(ParticipantName).min(1),
  idempotency: Idempotency.exactOptional(),
});
/** Every participant has acknowledged the commit: the transaction may be forgotten. Not forced. */
const EndRecord = z.strictObject({ type: z.literal('End'), tx: TransactionId });
/**
 * `participant` has decided alone, and otherwise than the transaction: the contradiction is known, and was reported. Kept for
 * whoever has to repair it; recovery has nothing to do about it.
 */
const HeuristicRecord = z.strictObject({
  type: z.literal('Heuristic'),
  tx: TransactionId,
  participant: ParticipantName,
  outcome: z.enum(['committed', 'aborted']),
});
/**
 * `owner` opened the log; whoever held a lower epoch is fenced. `incarnation` marks the transactions that it begins from
 * then on: only of those does this log, by its silence, say that they were aborted.
 */
export const EpochRecord = z.strictObject({
  type: z.literal('Epoch'),
  epoch: z.int().min(1),
  owner: z.string().min(1).max(200),
  incarnation: z
    .string()
    .regex(/^[0-9a-f]{1,32}$/)
    .exactOptional(),
});

/** What a coordinator writes to its decision log. */
export const CoordinatorRecord = z.discriminatedUnion('type', [CommitRecord, EndRecord, HeuristicRecord, EpochRecord]);
export type CoordinatorRecord = z.infer<typeof CoordinatorRecord>;
/** What a coordinator appends while it owns the log; the epochs are the log's own. */
export type DecisionRecord = Extract<CoordinatorRecord, { type: 'Commit' | 'End' | 'Heuristic' }>;

/** The branch can go both ways from here. `payload` is what the participant needs to finish it after a crash. */
const PreparedRecord = z.strictObject({ type: z.literal('Prepared'), tx: TransactionId, payload: z.json() });
/**
 * The branch is committed and its effect is part of the store. `payload` is that effect, where there is no `Prepared` record
 * that holds it: in a one-phase commit.
 */
const CommittedRecord = z.strictObject({ type: z.literal('Committed'), tx: TransactionId, payload: z.json().exactOptional() });
/** The branch is rolled back. Not forced: a branch found prepared again is asked about again, and aborted again. */
const AbortedRecord = z.strictObject({ type: z.literal('Aborted'), tx: TransactionId });
/** Decided here alone, in doubt, and remembered until the decision confirms it or the contradiction was reported. */
const HeuristicCommittedRecord = z.strictObject({ type: z.literal('HeuristicCommitted'), tx: TransactionId });
const HeuristicAbortedRecord = z.strictObject({ type: z.literal('HeuristicAborted'), tx: TransactionId });
/** The coordinator has reported what was decided here alone. */
const ForgottenRecord = z.strictObject({ type: z.literal('Forgotten'), tx: TransactionId });

/** What a participant writes to its own log. */
export const ParticipantRecord = z.discriminatedUnion('type', [
  PreparedRecord,
  CommittedRecord,
  AbortedRecord,
  HeuristicCommittedRecord,
  HeuristicAbortedRecord,
  ForgottenRecord,
]);
export type ParticipantRecord = z.infer<typeof ParticipantRecord>;

/** The bytes of one record: JSON in UTF-8. The version is that of the file which the frame is in. */
export function encodeRecord(record: CoordinatorRecord | ParticipantRecord): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(record));
}

/** Reads back what {@link encodeRecord} wrote. Throws when the bytes are not such a record. */
export function decodeCoordinatorRecord(bytes: Uint8Array): CoordinatorRecord {
  return CoordinatorRecord.parse(parseJson(bytes));
}

/** Reads back what {@link encodeRecord} wrote. Throws when the bytes are not such a record. */
export function decodeParticipantRecord(bytes: Uint8Array): ParticipantRecord {
  return ParticipantRecord.parse(parseJson(bytes));
}

function parseJson(bytes: Uint8Array): unknown {
  return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
}
