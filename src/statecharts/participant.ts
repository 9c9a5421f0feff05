/**
 * One participant's branch of one transaction.
 *
 * Invariants it keeps (numbers of TwoPhaseCommit.tla):
 *
 * 5. YesIsDurable: a yes is sent on entering `prepared`, and only the flush of the prepared record leads there.
 * 7. ForgetNeedsAllAcks: an acknowledgement is sent on entering `committed`, and only a flush leads there.
 * 2. Consistency: from `prepared` on, only the coordinator's word leads anywhere.
 */
import { type SnapshotFrom, setup } from 'xstate';

/** What happens to a branch; the names are the spec's actions. */
export type ParticipantEvent =
  | { readonly type: 'ReceivePrepare' }
  | { readonly type: 'ReceiveCommit' }
  | { readonly type: 'ReceiveAbort' }
  | { readonly type: 'AbortUnilaterally' }
  | { readonly type: 'RefusePrepare' }
  | { readonly type: 'VoteAgain' }
  | { readonly type: 'FlushParticipant'; readonly record: 'Prepared' | 'Committed' | 'Aborted' };

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
  },
  actions: {
    /* What the runtime performs: `participantEffects` says what each means. */
    appendPrepared: () => {},
    appendCommitted: () => {},
    appendAborted: () => {},
    dropWork: () => {},
    sendYes: () => {},
    sendNo: () => {},
    sendAck: () => {},
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
    ReceiveCommit: { actions: 'ignore' },
    ReceiveAbort: { actions: 'ignore' },
  },
  states: {
    working: {
      description: 'The client works here; either side may still give up alone.',
      on: {
        ReceivePrepare: { target: 'preparing', actions: 'appendPrepared' },
        AbortUnilaterally: { target: 'aborted', actions: 'dropWork' },
        ReceiveAbort: { target: 'aborted', actions: 'dropWork' },
      },
    },
    preparing: {
      description: 'The prepared record is on its way to the disk; the vote waits for it.',
      on: {
        FlushParticipant: { guard: 'isPreparedRecord', target: 'prepared', actions: 'sendYes' },
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
      on: { ReceiveCommit: { actions: 'sendAck' } },
    },
    aborted: {
      description: 'Nothing of the transaction remains here.',
      on: {
        ReceivePrepare: { actions: 'sendNo' },
        FlushParticipant: { guard: 'isOvertakenRecord', actions: 'ignore' },
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
  | { readonly type: 'send'; readonly message: 'Yes' | 'No' | 'Ack' }
  | { readonly type: 'append'; readonly record: 'Prepared' | 'Committed' | 'Aborted' }
  | { readonly type: 'drop' };

/** The meaning of each action that is the runtime's to perform. */
export const participantEffects: Readonly<Record<string, () => ParticipantEffect>> = {
  appendPrepared: () => ({ type: 'append', record: 'Prepared' }),
  appendCommitted: () => ({ type: 'append', record: 'Committed' }),
  appendAborted: () => ({ type: 'append', record: 'Aborted' }),
  dropWork: () => ({ type: 'drop' }),
  sendYes: () => ({ type: 'send', message: 'Yes' }),
  sendNo: () => ({ type: 'send', message: 'No' }),
  sendAck: () => ({ type: 'send', message: 'Ack' }),
};

/** A branch as its last durable record leaves it: work that was not prepared is gone, which is the same as aborted. */
export function recoveredBranch(
  transaction: string,
  participant: string,
  lastRecord: 'Prepared' | 'Committed' | 'Aborted' | undefined,
): ParticipantSnapshot {
  const value = lastRecord === 'Prepared' ? 'prepared' : lastRecord === 'Committed' ? 'committed' : 'aborted';
  return participantMachine.resolveState({ value, context: { transaction, participant } });
}
