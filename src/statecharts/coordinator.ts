/**
 * The coordinator's side of one transaction: two-phase commit with presumed abort.
 *
 * Invariants it keeps (numbers of TwoPhaseCommit.tla):
 *
 * 3. CommitNeedsAllVotes: only the last missing yes leads to `committing`.
 * 4. DurableBeforeSpoken: commits and answers are sent on entering `committed`, and only a flush leads there.
 * 6. AnswerIsOutcome: no path leads from `committing` to `aborted`, nor back.
 * 7. ForgetNeedsAllAcks: only the last missing acknowledgement leads from `committed` to `forgotten`.
 */
import { assign, type SnapshotFrom, setup } from 'xstate';
import type { DecisionRecord } from '../protocol/log-record.ts';

/** What happens to the coordinator; the names are the spec's actions. */
export type CoordinatorEvent =
  | { readonly type: 'RequestCommit' }
  | { readonly type: 'RequestRollback' }
  | { readonly type: 'VoteTimeOut' }
  | { readonly type: 'ReceiveYes'; readonly participant: string }
  | { readonly type: 'ReceiveNo'; readonly participant: string }
  | { readonly type: 'ReceiveAck'; readonly participant: string }
  | { readonly type: 'Resend'; readonly participant: string }
  | { readonly type: 'FlushCoordinator'; readonly record: 'Commit' | 'End' }
  | { readonly type: 'AskOutcome' };

/** What the coordinator's machine remembers. */
export interface CoordinatorContext {
  /** The transaction's identifier. */
  readonly transaction: string;
  /** Everyone who takes part; fixed from the first message on. */
  readonly participants: readonly string[];
  /** Who has voted yes (in `preparing`) or acknowledged (in `committed`), in the order of `participants`. */
  readonly heard: readonly string[];
}

const withHeard = (context: CoordinatorContext, participant: string): readonly string[] =>
  context.participants.filter((name) => name === participant || context.heard.includes(name));

const setUp = setup({
  types: {
    context: {} as CoordinatorContext,
    events: {} as CoordinatorEvent,
    input: {} as { readonly transaction: string; readonly participants: readonly string[] },
  },
  guards: {
    isLastMissing: ({ context, event }) =>
      'participant' in event && withHeard(context, event.participant).length === context.participants.length,
    isMissing: ({ context, event }) =>
      'participant' in event && context.participants.includes(event.participant) && !context.heard.includes(event.participant),
    isCommitRecord: ({ event }) => event.type === 'FlushCoordinator' && event.record === 'Commit',
    isEndRecord: ({ event }) => event.type === 'FlushCoordinator' && event.record === 'End',
  },
  actions: {
    /* What the machine remembers. */
    recordHeard: assign({
      heard: ({ context, event }) => ('participant' in event ? withHeard(context, event.participant) : context.heard),
    }),
    startAfresh: assign({ heard: [] }),
    /* What the runtime performs: `coordinatorEffects` says what each means. */
    sendPrepareToAll: () => {},
    sendAbortToAll: () => {},
    sendCommitToAll: () => {},
    resendPrepare: () => {},
    resendCommit: () => {},
    replyCommit: () => {},
    replyAbort: () => {},
    appendCommit: () => {},
    appendEnd: () => {},
    answerCommitted: () => {},
    answerAborted: () => {},
    /* Late or repeated news: taken, so that the network is rid of it, and without effect. */
    ignore: () => {},
  },
});

/** XState's `transition` makes an actor without input each time; to read from nothing would throw there, at some cost. */
const noInput = { transaction: '', participants: [] };

/** The statechart of the coordinator. Pure and serialisable; use it with `step`, or as an XState actor with `provide`. */
export const coordinatorMachine = setUp.createMachine({
  id: 'coordinator',
  context: ({ input }) => ({ ...noInput, ...input, heard: [] }),
  initial: 'working',
  on: {
    ReceiveYes: { actions: 'ignore' },
    ReceiveNo: { actions: 'ignore' },
    ReceiveAck: { actions: 'ignore' },
  },
  states: {
    working: {
      description: 'The client works with the participants; nobody has been asked to prepare.',
      on: {
        RequestCommit: { target: 'preparing', actions: 'sendPrepareToAll' },
        RequestRollback: { target: 'aborted', actions: ['sendAbortToAll', 'answerAborted'] },
      },
    },
    preparing: {
      description: 'First phase: votes are awaited.',
      on: {
        ReceiveYes: [
          { guard: 'isLastMissing', target: 'committing', actions: ['startAfresh', 'appendCommit'] },
          { actions: 'recordHeard' },
        ],
        ReceiveNo: { target: 'aborted', actions: ['startAfresh', 'sendAbortToAll', 'answerAborted'] },
        VoteTimeOut: { target: 'aborted', actions: ['startAfresh', 'sendAbortToAll', 'answerAborted'] },
        Resend: { guard: 'isMissing', actions: 'resendPrepare' },
      },
    },
    committing: {
      description: 'All voted yes; the commit record is on its way to the disk, and nobody may hear of it.',
      on: {
        FlushCoordinator: { guard: 'isCommitRecord', target: 'committed', actions: ['sendCommitToAll', 'answerCommitted'] },
      },
    },
    committed: {
      description: 'Second phase: the decision is durable; acknowledgements are awaited.',
      on: {
        ReceiveYes: { actions: 'replyCommit' },
        ReceiveAck: [{ guard: 'isLastMissing', target: 'forgotten', actions: ['startAfresh', 'appendEnd'] }, { actions: 'recordHeard' }],
        Resend: { guard: 'isMissing', actions: 'resendCommit' },
        AskOutcome: { actions: 'answerCommitted' },
      },
    },
    aborted: {
      description: 'Rolled back. Nothing is logged: a coordinator that knows nothing says the same.',
      on: {
        ReceiveYes: { actions: 'replyAbort' },
        AskOutcome: { actions: 'answerAborted' },
      },
    },
    forgotten: {
      description: 'Nothing is known: every participant has finished, or there never was a commit record.',
      on: {
        ReceiveYes: { actions: 'replyAbort' },
        FlushCoordinator: { guard: 'isEndRecord', actions: 'ignore' },
      },
    },
  },
});

/** The coordinator's state at one moment: `value` is the state's name, `context` what is remembered. Immutable, serialisable. */
export type CoordinatorSnapshot = SnapshotFrom<typeof coordinatorMachine>;
/** The names of the coordinator's states. */
export type CoordinatorState = CoordinatorSnapshot['value'];

/** What the coordinator wants done, in this order. Sends may be lost; an append must keep its place in the log. */
export type CoordinatorEffect =
  | { readonly type: 'send'; readonly message: 'Prepare' | 'Commit' | 'Abort'; readonly to: readonly string[] }
  | { readonly type: 'append'; readonly record: 'Commit' | 'End' }
  | { readonly type: 'answer'; readonly outcome: 'committed' | 'aborted' };

const sender = (event: CoordinatorEvent): readonly string[] => ('participant' in event ? [event.participant] : []);

/** The meaning of each action that is the runtime's to perform. */
export const coordinatorEffects: Readonly<Record<string, (context: CoordinatorContext, event: CoordinatorEvent) => CoordinatorEffect>> = {
  sendPrepareToAll: (context) => ({ type: 'send', message: 'Prepare', to: context.participants }),
  sendAbortToAll: (context) => ({ type: 'send', message: 'Abort', to: context.participants }),
  sendCommitToAll: (context) => ({ type: 'send', message: 'Commit', to: context.participants }),
  resendPrepare: (_, event) => ({ type: 'send', message: 'Prepare', to: sender(event) }),
  resendCommit: (_, event) => ({ type: 'send', message: 'Commit', to: sender(event) }),
  replyCommit: (_, event) => ({ type: 'send', message: 'Commit', to: sender(event) }),
  replyAbort: (_, event) => ({ type: 'send', message: 'Abort', to: sender(event) }),
  appendCommit: () => ({ type: 'append', record: 'Commit' }),
  appendEnd: () => ({ type: 'append', record: 'End' }),
  answerCommitted: () => ({ type: 'answer', outcome: 'committed' }),
  answerAborted: () => ({ type: 'answer', outcome: 'aborted' }),
};

/** A transaction found committed in the log: its participants must be told until they acknowledge. */
export function recoveredCommit(record: Extract<DecisionRecord, { type: 'Commit' }>): CoordinatorSnapshot {
  return coordinatorMachine.resolveState({
    value: 'committed',
    context: { transaction: record.tx, participants: record.participants, heard: [] },
  });
}

/** Presumed abort: what a coordinator is to a transaction of which it knows nothing. */
export function presumedAborted(transaction: string): CoordinatorSnapshot {
  return coordinatorMachine.resolveState({ value: 'forgotten', context: { transaction, participants: [], heard: [] } });
}
