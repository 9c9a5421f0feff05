import { type DecodedDecisionLog, decodeDecisionLog } from '../../src/log/decode-decision-log.ts';
import { type DecodedJournal, decodeJournal } from '../../src/participants/key-value/recover-journal.ts';
import type { CoordinatorRecord, ParticipantRecord } from '../../src/protocol/log-record.ts';
import { stepCompiledBranch, stepCompiledCoordinator } from '../../src/statecharts/compiled.ts';
import {
  type CoordinatorEffect,
  type CoordinatorEvent,
  type CoordinatorSnapshot,
  presumedAborted,
} from '../../src/statecharts/coordinator.ts';
import type { FailureDetectorEffect, FailureDetectorEvent, FailureDetectorSnapshot } from '../../src/statecharts/failure-detector.ts';
import {
  type ParticipantContext,
  type ParticipantEffect,
  type ParticipantEvent,
  type ParticipantSnapshot,
  recoveredBranch,
} from '../../src/statecharts/participant.ts';
import { recoverBranches, recoverCoordinators } from '../../src/statecharts/recover.ts';
import { beginBranch, beginCoordinator, beginFailureDetector, type Step, stepFailureDetector } from '../../src/statecharts/step.ts';

/** The code that replay runs: the statecharts' steps, and recovery from the bytes of a log. */
export interface Implementation {
  /** A transaction begins at its coordinator. */
  beginCoordinator(transaction: string, participants: readonly string[]): CoordinatorSnapshot;
  /** One event of the coordinator. */
  stepCoordinator(snapshot: CoordinatorSnapshot, event: CoordinatorEvent): Step<CoordinatorSnapshot, CoordinatorEffect>;
  /** The coordinator of a transaction of which it knows nothing. */
  presumedAborted(transaction: string): CoordinatorSnapshot;
  /** The records in a decision log as a crash left it. */
  decodeDecisionLog(bytes: Uint8Array): DecodedDecisionLog;
  /** The transactions that a coordinator must finish after a crash. */
  recoverCoordinators(records: readonly CoordinatorRecord[]): Map<string, CoordinatorSnapshot>;
  /** A transaction begins at a participant. */
  beginBranch(context: ParticipantContext): ParticipantSnapshot;
  /** One event of a participant. */
  stepBranch(snapshot: ParticipantSnapshot, event: ParticipantEvent): Step<ParticipantSnapshot, ParticipantEffect>;
  /** A branch as its last durable record leaves it. */
  recoveredBranch(transaction: string, participant: string, lastRecord: ParticipantRecord['type'] | undefined): ParticipantSnapshot;
  /** The records and the data in a journal as a crash left it. */
  decodeJournal(bytes: Uint8Array): DecodedJournal;
  /** The branches that a participant's log knows. */
  recoverBranches(participant: string, records: readonly ParticipantRecord[]): Map<string, ParticipantSnapshot>;
  /** One process begins to watch another. */
  beginFailureDetector(watched: string): FailureDetectorSnapshot;
  /** One event of a failure detector. */
  stepFailureDetector(snapshot: FailureDetectorSnapshot, event: FailureDetectorEvent): Step<FailureDetectorSnapshot, FailureDetectorEffect>;
}

/** The code as it is shipped. A code mutant replaces one member. */
export const production: Implementation = {
  beginCoordinator: (transaction, participants) => beginCoordinator(transaction, participants),
  stepCoordinator: (snapshot, event) => stepCompiledCoordinator(snapshot, event),
  presumedAborted,
  decodeDecisionLog: (bytes) => decodeDecisionLog(bytes),
  recoverCoordinators,
  beginBranch,
  stepBranch: stepCompiledBranch,
  recoveredBranch,
  decodeJournal: (bytes) => decodeJournal(bytes),
  recoverBranches,
  beginFailureDetector,
  stepFailureDetector: (snapshot, event) => stepFailureDetector(snapshot, event),
};
