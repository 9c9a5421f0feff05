import { z } from 'zod';
import { ParticipantName, TransactionId } from './identifiers.ts';

/**
 * What coordinator and participants say to each other; the names are those of the messages in TwoPhaseCommit.tla and
 * TwoPhaseOptions.tla. `Prepare`, `CommitOnePhase`, `Commit`, `Abort` and `Forget` go from the coordinator to `participant`;
 * the others come back from it. Any message may be lost, doubled or overtaken.
 */
export const MessageType = z.enum([
  'Prepare',
  'Yes',
  'No',
  'ReadOnly',
  'CommitOnePhase',
  'Commit',
  'Abort',
  'Ack',
  'HeuristicCommitted',
  'HeuristicAborted',
  'Forget',
]);
export type MessageType = z.infer<typeof MessageType>;

export const Message = z.strictObject({ type: MessageType, tx: TransactionId, participant: ParticipantName });
export type Message = z.infer<typeof Message>;
