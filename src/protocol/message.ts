import { z } from 'zod';
import { ParticipantName, TransactionId } from './identifiers.ts';

/**
 * What coordinator and participants say to each other; the names are those of the messages in TwoPhaseCommit.tla.
 * `Prepare`, `Commit` and `Abort` go from the coordinator to `participant`; `Yes`, `No` and `Ack` come back from it.
 * Any message may be lost, doubled or overtaken.
 */
export const MessageType = z.enum(['Prepare', 'Yes', 'No', 'Commit', 'Abort', 'Ack']);
export type MessageType = z.infer<typeof MessageType>;

export const Message = z.strictObject({ type: MessageType, tx: TransactionId, participant: ParticipantName });
export type Message = z.infer<typeof Message>;
