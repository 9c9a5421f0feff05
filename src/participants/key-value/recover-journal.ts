import { z } from 'zod';
import { type DecodedLog, decodeLog } from '../../log/decode-log.ts';
import { CoordinatorName } from '../../protocol/identifiers.ts';
import { decodeParticipantRecord, type ParticipantRecord } from '../../protocol/log-record.ts';
import type { Writes } from './key-value-view.ts';

/** What a key-value participant puts into the first record of a branch: all that is needed to finish it after a crash. */
const BranchPayload = z.strictObject({
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
  /** By transaction: what was decided here alone, and is not yet confirmed or forgotten. */
  readonly #heuristics = new Map<string, 'committed' | 'aborted'>();

  step(record: ParticipantRecord): void {
    const { tx } = record;
    switch (record.type) {
      case 'Prepared':
        this.#prepare(tx, BranchPayload.parse(record.payload));
        return;
      case 'Committed':
        if ('payload' in record) applyWrites(this.committed, BranchPayload.parse(record.payload).writes);
        else this.#confirm(tx, 'committed');
        return;
      case 'Aborted':
        this.#confirm(tx, 'aborted');
        return;
      case 'HeuristicCommitted':
        this.#end(tx, 'committed');
        this.#heuristics.set(tx, 'committed');
        return;
      case 'HeuristicAborted':
        this.#end(tx, 'aborted');
        this.#heuristics.set(tx, 'aborted');
        return;
      case 'Forgotten':
        if (!this.#heuristics.delete(tx)) throw new Error(`${tx} is forgotten and was not decided here alone`);
    }
  }

  #prepare(tx: string, branch: PreparedBranch): void {
    if (this.prepared.has(tx)) throw new Error(`${tx} is prepared already`);
    for (const [key] of branch.writes) {
      if (this.#lockedKeys.has(key)) throw new Error(`the key "${key}" is held by another prepared branch`);
      this.#lockedKeys.add(key);
    }
    this.prepared.set(tx, branch);
  }

  /** The decision has come: it ends the branch, or agrees with what was decided here. */
  #confirm(tx: string, outcome: 'committed' | 'aborted'): void {
    const alone = this.#heuristics.get(tx);
    if (alone === undefined) this.#end(tx, outcome);
    else if (alone !== outcome) throw new Error(`${tx} is ${outcome} and was ${alone} before`);
    this.#heuristics.delete(tx);
  }

  #end(tx: string, outcome: 'committed' | 'aborted'): void {
    const branch = this.prepared.get(tx);
    if (!branch) throw new Error(`${tx} has an outcome and was not prepared`);
    for (const [key] of branch.writes) this.#lockedKeys.delete(key);
    if (outcome === 'committed') applyWrites(this.committed, branch.writes);
    this.prepared.delete(tx);
  }
}
