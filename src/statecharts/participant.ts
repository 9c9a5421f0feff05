/**
 * One participant's branch of one transaction.
 *
 * Invariants it keeps (numbers of TwoPhaseCommit.tla):
 *
 * 5. YesIsDurable: a yes is sent on entering `prepared`, and only the flush of the prepared record leads there.
 * 7. ForgetNeedsAllAcks: an acknowledgement is sent on entering `committed`, and only a flush leads there.
 * 2. Consistency: from `prepared` on, only the coordinator's word leads anywhere, or a heuristic decision.
 *
 * And of TwoPhaseOptions.tla, by name:
 *
 * - HeuristicIsRecorded: only the flush of its record makes a heuristic decision take effect, and lets it be spoken of.
 * - OutcomeIsFinal: nothing leads back from `aborted`, so that a late question finds no branch to prepare.
 */
import { type SnapshotFrom, setup } from 'xstate';
import type { ParticipantRecord } from '../protocol/log-record.ts';

/** What happens to a branch; the names are the spec's actions. */
export type ParticipantEvent =
  | { readonly type: 'ReceivePrepare' }
  | { readonly type: 'ReceiveCommitOnePhase' }
  | { readonly type: 'ReceiveCommit' }
  | { readonly type: 'ReceiveAbort' }
  | { readonly type: 'ReceiveForget' }
  | { readonly type: 'AbortUnilaterally' }
  | { readonly type: 'DropStale' }
  | { readonly type: 'VoteReadOnly' }
  | { readonly type: 'RefusePrepare' }
  | { readonly type: 'RefuseOnePhase' }
  | { readonly type: 'VoteAgain' }
  | { readonly type: 'HeuristicCommit' }
  | { readonly type: 'HeuristicAbort' }
  | { readonly type: 'FlushParticipant'; readonly record: ParticipantRecord['type'] };

/** What a branch's machine remembers. */
export interface ParticipantContext {
  /** The transaction's identifier. */
  readonly transaction: string;
  /** The participant's name. */
  readonly participant: string;
}

const setUp = setup({
  types: {
    context: {} as ParticipantContext,
    events: {} as ParticipantEvent,
    input: {} as ParticipantContext,
  },
  guards: {
    isPreparedRecord: ({ event }) => event.type === 'FlushParticipant' && event.record === 'Prepared',
    isCommittedRecord: ({ event }) => event.type === 'FlushParticipant' && event.record === 'Committed',
    isOvertakenRecord: ({ event }) => event.type === 'FlushParticipant' && event.record !== 'Committed',
    isHeuristicCommittedRecord: ({ event }) => event.type === 'FlushParticipant' && event.record === 'HeuristicCommitted',
    isHeuristicAbortedRecord: ({ event }) => event.type === 'FlushParticipant' && event.record === 'HeuristicAborted',
    isForgottenRecord: ({ event }) => event.type === 'FlushParticipant' && event.record === 'Forgotten',
  },
  actions: {
    /* What the runtime performs: `participantEffects` says what each means. */
    appendPrepared: () => {},
    appendCommitted: () => {},
    appendAborted: () => {},
    appendHeuristicCommitted: () => {},
    appendHeuristicAborted: () => {},
    appendForgotten: () => {},
    withdrawRecord: () => {},
    dropWork: () => {},
    sendYes: () => {},
    sendNo: () => {},
    sendReadOnly: () => {},
    sendAck: () => {},
    sendHeuristicCommitted: () => {},
    sendHeuristicAborted: () => {},
    /* Late or repeated news: taken, so that the network is rid of it, and without effect. */
    ignore: () => {},
  },
});

/** The statechart of a participant's branch. Pure and serialisable; use it with `step`, or as an XState actor with `provide`. */
export const participantMachine = setUp.createMachine({
  id: 'participant',
  context: ({ input }) => input,
  initial: 'working',
  on: {
    ReceivePrepare: { actions: 'ignore' },
    ReceiveCommitOnePhase: { actions: 'ignore' },
    ReceiveCommit: { actions: 'ignore' },
    ReceiveAbort: { actions: 'ignore' },
    ReceiveForget: { actions: 'ignore' },
  },
  states: {
    working: {
      description: 'The client works here; either side may still give up alone.',
      on: {
        ReceivePrepare: { target: 'preparing', actions: 'appendPrepared' },
        ReceiveCommitOnePhase: { target: 'committingOnePhase', actions: 'appendCommitted' },
        AbortUnilaterally: { target: 'aborted', actions: 'dropWork' },
        DropStale: { target: 'aborted', actions: 'dropWork' },
        ReceiveAbort: { target: 'aborted', actions: 'dropWork' },
      },
    },
    preparing: {
      description: 'The prepared record is on its way to the disk; the vote waits for it.',
      on: {
        FlushParticipant: { guard: 'isPreparedRecord', target: 'prepared', actions: 'sendYes' },
        VoteReadOnly: { target: 'readOnly', actions: ['withdrawRecord', 'sendReadOnly'] },
        RefusePrepare: { target: 'aborted', actions: ['appendAborted', 'sendNo'] },
        ReceiveAbort: { target: 'aborted', actions: 'appendAborted' },
      },
    },
    prepared: {
      description: 'In doubt: only the coordinator knows.',
      on: {
        ReceivePrepare: { actions: 'sendYes' },
        VoteAgain: { actions: 'sendYes' },
        ReceiveCommit: { target: 'committing', actions: 'appendCommitted' },
        ReceiveAbort: { target: 'aborted', actions: 'appendAborted' },
        HeuristicCommit: { target: 'heuristicallyCommitting', actions: 'appendHeuristicCommitted' },
        HeuristicAbort: { target: 'heuristicallyAborting', actions: 'appendHeuristicAborted' },
      },
    },
    readOnly: {
      description: 'Nothing was written here, so that either outcome is right; nothing is kept.',
      on: { ReceivePrepare: { actions: 'sendReadOnly' } },
    },
    committingOnePhase: {
      description: 'The decision is taken here: the committed record is on its way to the disk, or the store will refuse.',
      on: {
        FlushParticipant: { guard: 'isCommittedRecord', target: 'committed', actions: 'sendAck' },
        RefuseOnePhase: { target: 'aborted', actions: ['withdrawRecord', 'sendNo'] },
      },
    },
    committing: {
      description: 'The committed record is on its way to the disk; the acknowledgement waits for it.',
      on: {
        FlushParticipant: { guard: 'isCommittedRecord', target: 'committed', actions: 'sendAck' },
      },
    },
    committed: {
      description: 'Done.',
      on: {
        ReceiveCommit: { actions: 'sendAck' },
        ReceiveCommitOnePhase: { actions: 'sendAck' },
      },
    },
    aborted: {
      description: 'Nothing of the transaction remains here.',
      on: {
        ReceivePrepare: { actions: 'sendNo' },
        ReceiveCommitOnePhase: { actions: 'sendNo' },
        FlushParticipant: { guard: 'isOvertakenRecord', actions: 'ignore' },
      },
    },
    heuristicallyCommitting: {
      description: 'In doubt for too long, it commits alone: the record of that is on its way to the disk.',
      on: { FlushParticipant: { guard: 'isHeuristicCommittedRecord', target: 'heuristicallyCommitted', actions: 'ignore' } },
    },
    heuristicallyAborting: {
      description: 'In doubt for too long, it aborts alone: the record of that is on its way to the disk.',
      on: { FlushParticipant: { guard: 'isHeuristicAbortedRecord', target: 'heuristicallyAborted', actions: 'ignore' } },
    },
    heuristicallyCommitted: {
      description: 'Committed alone. Whether rightly, it asks until it knows; if not, it says so until it is told to forget.',
      on: {
        VoteAgain: { actions: 'sendYes' },
        ReceiveCommit: { target: 'committing', actions: 'appendCommitted' },
        ReceiveAbort: { actions: 'sendHeuristicCommitted' },
        ReceiveForget: { target: 'forgetting', actions: 'appendForgotten' },
      },
    },
    heuristicallyAborted: {
      description: 'Aborted alone. Whether rightly, it asks until it knows; if not, it says so until it is told to forget.',
      on: {
        VoteAgain: { actions: 'sendYes' },
        ReceiveCommit: { actions: 'sendHeuristicAborted' },
        ReceiveAbort: { target: 'aborted', actions: 'appendAborted' },
        ReceiveForget: { target: 'forgetting', actions: 'appendForgotten' },
      },
    },
    forgetting: {
      description: 'Its contradiction was reported; the record of that is on its way to the disk.',
      on: { FlushParticipant: { guard: 'isForgottenRecord', target: 'forgotten', actions: 'sendAck' } },
    },
    forgotten: {
      description: 'Done, and otherwise than the others.',
      on: {
        ReceiveCommit: { actions: 'sendAck' },
        ReceiveForget: { actions: 'sendAck' },
      },
    },
  },
});

/** A branch's state at one moment: `value` is the state's name, `context` what is remembered. Immutable, serialisable. */
export type ParticipantSnapshot = SnapshotFrom<typeof participantMachine>;
/** The names of a branch's states. */
export type ParticipantState = ParticipantSnapshot['value'];

/** What a branch wants done, in this order. */
export type ParticipantEffect =
  | { readonly type: 'send'; readonly message: 'Yes' | 'No' | 'ReadOnly' | 'Ack' | 'HeuristicCommitted' | 'HeuristicAborted' }
  | { readonly type: 'append'; readonly record: ParticipantRecord['type'] }
  /** The store has answered that the record which was to be appended will not be one. */
  | { readonly type: 'withdraw' }
  | { readonly type: 'drop' };

/** The meaning of each action that is the runtime's to perform. */
export const participantEffects: Readonly<Record<string, () => ParticipantEffect>> = {
  appendPrepared: () => ({ type: 'append', record: 'Prepared' }),
  appendCommitted: () => ({ type: 'append', record: 'Committed' }),
  appendAborted: () => ({ type: 'append', record: 'Aborted' }),
  appendHeuristicCommitted: () => ({ type: 'append', record: 'HeuristicCommitted' }),
  appendHeuristicAborted: () => ({ type: 'append', record: 'HeuristicAborted' }),
  appendForgotten: () => ({ type: 'append', record: 'Forgotten' }),
  withdrawRecord: () => ({ type: 'withdraw' }),
  dropWork: () => ({ type: 'drop' }),
  sendYes: () => ({ type: 'send', message: 'Yes' }),
  sendNo: () => ({ type: 'send', message: 'No' }),
  sendReadOnly: () => ({ type: 'send', message: 'ReadOnly' }),
  sendAck: () => ({ type: 'send', message: 'Ack' }),
  sendHeuristicCommitted: () => ({ type: 'send', message: 'HeuristicCommitted' }),
  sendHeuristicAborted: () => ({ type: 'send', message: 'HeuristicAborted' }),
};

const STATES_AFTER = {
  Prepared: 'prepared',
  Committed: 'committed',
  Aborted: 'aborted',
  HeuristicCommitted: 'heuristicallyCommitted',
  HeuristicAborted: 'heuristicallyAborted',
  Forgotten: 'forgotten',
} as const satisfies Record<ParticipantRecord['type'], ParticipantState>;

/** A branch as its last durable record leaves it: work that was not prepared is gone, which is the same as aborted. */
export function recoveredBranch(
  transaction: string,
  participant: string,
  lastRecord: ParticipantRecord['type'] | undefined,
): ParticipantSnapshot {
  const value = lastRecord === undefined ? 'aborted' : STATES_AFTER[lastRecord];
  return participantMachine.resolveState({ value, context: { transaction, participant } });
}
