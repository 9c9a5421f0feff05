import { z } from 'zod';
import { type DecodedLog, decodeLog } from '../../log/decode-log.ts';
import { CoordinatorName } from '../../protocol/identifiers.ts';
import { decodeParticipantRecord, type ParticipantRecord } from '../../protocol/log-record.ts';
import type { Writes } from './key-value-view.ts';

/** What a key-value participant puts into its `Prepared` records: all that is needed to finish the branch after a crash. */
const PreparedPayload = z.strictObject({
  coordinator: CoordinatorName,
  writes: z.array(z.tuple([z.string(), z.string().nullable()])),
});

/** A branch that can go both ways. */
export interface PreparedBranch {
  /** Whose branch it is: only this coordinator decides it. */
  readonly coordinator: string;
  readonly writes: Writes;
}

/** What a journal's records amount to. */
export interface JournalState {
  readonly committed: Map<string, string>;
  /** By transaction, in the order in which they were prepared. */
  readonly prepared: Map<string, PreparedBranch>;
}

/** A journal recovered from its bytes. */
export interface DecodedJournal extends DecodedLog<ParticipantRecord>, JournalState {}

export function preparedRecord(transaction: string, { coordinator, writes }: PreparedBranch): ParticipantRecord {
  return { type: 'Prepared', tx: transaction, payload: { coordinator, writes: writes.map(([key, value]) => [key, value]) } };
}

/** Makes the writes part of the committed state. */
export function applyWrites(committed: Map<string, string>, writes: Writes): void {
  for (const [key, value] of writes) {
    if (value === null) committed.delete(key);
    else committed.set(key, value);
  }
}

/** The state after `records`. Pure. Throws at the first record that no run of a participant could have written there. */
export function recoverJournal(records: Iterable<ParticipantRecord>): JournalState {
  const replay = new Replay();
  for (const record of records) replay.step(record);
  return replay;
}

/**
 * Recovers a journal from its raw bytes. Pure; what a userspace journal opens with, and what a simulator runs after a crash.
 *
 * @throws LogCorruptError for damage, and for records that no run could have written.
 */
export function decodeJournal(bytes: Uint8Array, path = 'journal.log'): DecodedJournal {
  const replay = new Replay();
  const decoded = decodeLog(bytes, path, (payload) => {
    const record = decodeParticipantRecord(payload);
    replay.step(record);
    return record;
  });
  return { ...decoded, committed: replay.committed, prepared: replay.prepared };
}

class Replay implements JournalState {
  readonly committed = new Map<string, string>();
  readonly prepared = new Map<string, PreparedBranch>();
  readonly #lockedKeys = new Set<string>();

  step(record: ParticipantRecord): void {
    if (record.type === 'Prepared') this.#prepare(record.tx, PreparedPayload.parse(record.payload));
    else this.#end(record.tx, record.type);
  }

  #prepare(tx: string, branch: PreparedBranch): void {
    if (this.prepared.has(tx)) throw new Error(`${tx} is prepared already`);
    for (const [key] of branch.writes) {
      if (this.#lockedKeys.has(key)) throw new Error(`the key "${key}" is held by another prepared branch`);
      this.#lockedKeys.add(key);
    }
    this.prepared.set(tx, branch);
  }

  #end(tx: string, outcome: 'Committed' | 'Aborted'): void {
    const branch = this.prepared.get(tx);
    if (!branch) throw new Error(`${tx} has an outcome and was not prepared`);
    for (const [key] of branch.writes) this.#lockedKeys.delete(key);
    if (outcome === 'Committed') applyWrites(this.committed, branch.writes);
    this.prepared.delete(tx);
  }
}
