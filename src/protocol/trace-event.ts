import { z } from 'zod';
import { ParticipantName } from './identifiers.ts';

/** What a client is told about a transaction. */
const Outcome = z.enum(['committed', 'aborted', 'unknown']);

/** Coordinator steps that concern the transaction as a whole. */
const TransactionStep = z.strictObject({
  action: z.enum([
    'RequestCommit',
    'RequestCommitOnePhase',
    'RequestRollback',
    'VoteTimeOut',
    'OnePhaseTimeOut',
    'ReportHazard',
    'AskOutcome',
    'CrashCoordinator',
  ]),
});

/** Steps of the coordinator that concern `rm`, and steps of participant `rm` itself. */
const ParticipantStep = z.strictObject({
  action: z.enum([
    'ReceiveYes',
    'ReceiveNo',
    'ReceiveReadOnly',
    'ReceiveAck',
    'ReceiveHeuristicCommitted',
    'ReceiveHeuristicAborted',
    'ParticipantSuspected',
    'Resend',
    'ReceivePrepare',
    'ReceiveCommitOnePhase',
    'AbortUnilaterally',
    'DropStale',
    'VoteReadOnly',
    'RefusePrepare',
    'RefuseOnePhase',
    'VoteAgain',
    'ReceiveCommit',
    'ReceiveAbort',
    'HeuristicCommit',
    'HeuristicAbort',
    'ReceiveForget',
    'CrashParticipant',
  ]),
  rm: ParticipantName,
});

/** The coordinator's log is durable up to and including `record` of the transaction. */
const FlushCoordinator = z.strictObject({ action: z.literal('FlushCoordinator'), record: z.enum(['Commit', 'End', 'Heuristic']) });

/** The log of participant `rm` is durable up to and including `record` of the transaction. */
const FlushParticipant = z.strictObject({
  action: z.literal('FlushParticipant'),
  rm: ParticipantName,
  record: z.enum(['Prepared', 'Committed', 'Aborted', 'HeuristicCommitted', 'HeuristicAborted', 'Forgotten']),
});

/** What the coordinator's log said of the transaction: a commit that is to be told, or nothing any more, which means abort. */
const RecoverCoordinator = z.strictObject({ action: z.literal('RecoverCoordinator'), state: z.enum(['committed', 'forgotten']) });

/**
 * What participant `rm` found of the transaction. `unprepared` is for a store that forgets outcomes, such as PostgreSQL:
 * it is not in doubt, and whether it committed or aborted it cannot tell.
 */
const RecoverParticipant = z.strictObject({
  action: z.literal('RecoverParticipant'),
  rm: ParticipantName,
  state: z.enum(['prepared', 'committed', 'aborted', 'unprepared']),
});

/** The client was told. Not an action of its own: the spec's `answers` must hold the outcome already. */
const Answer = z.strictObject({ action: z.literal('Answer'), outcome: Outcome });

/**
 * One recorded step of one transaction; `action` is the action's name in TwoPhaseCommit.tla or TwoPhaseOptions.tla,
 * and `rm` the participant.
 *
 * A run is validated transaction by transaction: the crashes of the coordinator, and those of a participant, are part of
 * the trace of every transaction that was alive then. An event is recorded *before* its effect happens, so the last one
 * before a crash may have had none; `FlushCoordinator` and `FlushParticipant` are recorded *after* the flush. A message
 * that never arrives leaves no event.
 */
export const TraceEvent = z.discriminatedUnion('action', [
  TransactionStep,
  ParticipantStep,
  FlushCoordinator,
  FlushParticipant,
  RecoverCoordinator,
  RecoverParticipant,
  Answer,
]);
export type TraceEvent = z.infer<typeof TraceEvent>;
