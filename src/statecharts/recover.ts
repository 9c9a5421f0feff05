import type { CoordinatorRecord, ParticipantRecord } from '../protocol/log-record.ts';
import { type CoordinatorSnapshot, recoveredCommit } from './coordinator.ts';
import { type ParticipantSnapshot, recoveredBranch } from './participant.ts';

/**
 * The transactions that a coordinator must still finish, from the records of its decision log: those with a commit record
 * and no end record. Whatever is not among them is presumed aborted (spec: RecoverCoordinator).
 */
export function recoverCoordinators(records: readonly CoordinatorRecord[]): Map<string, CoordinatorSnapshot> {
  const live = new Map<string, CoordinatorSnapshot>();
  for (const record of records) {
    if (record.type === 'Commit') live.set(record.tx, recoveredCommit(record));
    if (record.type === 'End') live.delete(record.tx);
  }
  return live;
}

/**
 * The branches that a participant's own log knows, each as its last record leaves it. A branch that is not among them was
 * never prepared, which is the same as aborted (spec: RecoverParticipant).
 */
export function recoverBranches(participant: string, records: readonly ParticipantRecord[]): Map<string, ParticipantSnapshot> {
  const branches = new Map<string, ParticipantSnapshot>();
  for (const record of records) branches.set(record.tx, recoveredBranch(record.tx, participant, record.type));
  return branches;
}
