/**
 * The coordinator's side of one transaction: two-phase commit with presumed abort, one-phase commit, read-only votes,
 * suspicion, and the report of heuristic decisions.
 *
 * Invariants it keeps (numbers of TwoPhaseCommit.tla):
 *
 * 3. CommitNeedsAllVotes: only the last missing vote leads to `committing`.
 * 4. DurableBeforeSpoken: commits and answers are sent on entering `committed`, and only a flush leads there.
 * 6. AnswerIsOutcome: no path leads from `committing` to `aborted`, nor back.
 * 7. ForgetNeedsAllAcks: only the last missing acknowledgement leads from `committed` to `forgotten`.
 *
 * And of TwoPhaseOptions.tla, by name:
 *
 * - OnePhaseIsAlone: only where there is one participant is the decision delegated; nothing but its word leads on from there.
 * - ForgetNeedsReport: who contradicts the decision is told to forget by the flush of the record that says so.
 */
import { assign, type SnapshotFrom, setup } from 'xstate';
import type { DecisionRecord } from '../protocol/log-record.ts';

/** What happens to the coordinator; the names are the spec's actions. */
export type CoordinatorEvent =
  | { readonly type: 'RequestCommit' }
  | { readonly type: 'RequestCommitOnePhase' }
  | { readonly type: 'RequestRollback' }
  | { readonly type: 'VoteTimeOut' }
  | { readonly type: 'OnePhaseTimeOut' }
  | { readonly type: 'ParticipantSuspected'; readonly participant: string }
  | { readonly type: 'ReceiveYes'; readonly participant: string }
  | { readonly type: 'ReceiveNo'; readonly participant: string }
  | { readonly type: 'ReceiveReadOnly'; readonly participant: string }
  | { readonly type: 'ReceiveAck'; readonly participant: string }
  | { readonly type: 'ReceiveHeuristicCommitted'; readonly participant: string }
  | { readonly type: 'ReceiveHeuristicAborted'; readonly participant: string }
  | { readonly type: 'Resend'; readonly participant: string }
  | { readonly type: 'FlushCoordinator'; readonly record: 'Commit' | 'End' }
  | { readonly type: 'FlushCoordinator'; readonly record: 'Heuristic'; readonly participant: string }
  | { readonly type: 'ReportHazard' }
  | { readonly type: 'AskOutcome' };

/** What the coordinator's machine remembers. */
export interface CoordinatorContext {
  /** The transaction's identifier. */
  readonly transaction: string;
  /** Everyone who is enlisted; fixed from the first message on. */
  readonly participants: readonly string[];
  /** Who of them has voted read-only, and takes no part any more, in the order of `participants`. */
  readonly readers: readonly string[];
  /** Who has voted yes (in `preparing`) or acknowledged (in `committed`), in the order of `participants`. */
  readonly heard: readonly string[];
}

/** Who still takes part: must be asked, and told. */
export const takingPart = ({ participants, readers }: CoordinatorContext): readonly string[] =>
  participants.filter((name) => !readers.includes(name));

const withHeard = ({ participants, heard }: CoordinatorContext, participant: string): readonly string[] =>
  participants.filter((name) => name === participant || heard.includes(name));

const withReader = ({ participants, readers }: CoordinatorContext, participant: string): readonly string[] =>
  participants.filter((name) => name === participant || readers.includes(name));

const setUp = setup({
  types: {
    context: {} as CoordinatorContext,
    events: {} as CoordinatorEvent,
    input: {} as { readonly transaction: string; readonly participants: readonly string[] },
  },
  guards: {
    isAlone: ({ context }) => context.participants.length === 1,
    isLastMissing: ({ context, event }) =>
      'participant' in event && withHeard(context, event.participant).length === takingPart(context).length,
    isMissing: ({ context, event }) =>
      'participant' in event && takingPart(context).includes(event.participant) && !context.heard.includes(event.participant),
    isLastReader: ({ context, event }) =>
      'participant' in event && withReader(context, event.participant).length === context.participants.length,
    haveOthersVoted: ({ context, event }) =>
      'participant' in event && withReader(context, event.participant).length + context.heard.length === context.participants.length,
    isCommitRecord: ({ event }) => event.type === 'FlushCoordinator' && event.record === 'Commit',
    isEndRecord: ({ event }) => event.type === 'FlushCoordinator' && event.record === 'End',
    isHeuristicRecord: ({ event }) => event.type === 'FlushCoordinator' && event.record === 'Heuristic',
  },
  actions: {
    /* What the machine remembers. */
    recordHeard: assign({
      heard: ({ context, event }) => ('participant' in event ? withHeard(context, event.participant) : context.heard),
    }),
    recordReader: assign({
      readers: ({ context, event }) => ('participant' in event ? withReader(context, event.participant) : context.readers),
    }),
    startAfresh: assign({ heard: [] }),
    /* What the runtime performs: `coordinatorEffects` says what each means. */
    sendPrepareToAll: () => {},
    sendCommitOnePhase: () => {},
    sendAbortToAll: () => {},
    sendCommitToAll: () => {},
    sendForget: () => {},
    resendPrepare: () => {},
    resendCommitOnePhase: () => {},
    resendCommit: () => {},
    replyCommit: () => {},
    replyAbort: () => {},
    appendCommit: () => {},
    appendEnd: () => {},
    appendHeuristic: () => {},
    answerCommitted: () => {},
    answerAborted: () => {},
    answerUnknown: () => {},
    reportHazard: () => {},
    reportMixed: () => {},
    /* Late or repeated news: taken, so that the network is rid of it, and without effect. */
    ignore: () => {},
  },
});

/** XState's `transition` makes an actor without input each time; to read from nothing would throw there, at some cost. */
const noInput = { transaction: '', participants: [] };

/** The statechart of the coordinator. Pure and serialisable; use it with `step`, or as an XState actor with `provide`. */
export const coordinatorMachine = setUp.createMachine({
  id: 'coordinator',
  context: ({ input }) => ({ ...noInput, ...input, readers: [], heard: [] }),
  initial: 'working',
  on: {
    ReceiveYes: { actions: 'ignore' },
    ReceiveNo: { actions: 'ignore' },
    ReceiveReadOnly: { actions: 'ignore' },
    ReceiveAck: { actions: 'ignore' },
    ReceiveHeuristicCommitted: { actions: 'ignore' },
    ReceiveHeuristicAborted: { actions: 'ignore' },
  },
  states: {
    working: {
      description: 'The client works with the participants; nobody has been asked to prepare.',
      on: {
        RequestCommit: { target: 'preparing', actions: 'sendPrepareToAll' },
        RequestCommitOnePhase: { guard: 'isAlone', target: 'delegated', actions: 'sendCommitOnePhase' },
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
        ReceiveReadOnly: [
          { guard: 'isLastReader', target: 'forgotten', actions: ['recordReader', 'answerCommitted'] },
          { guard: 'haveOthersVoted', target: 'committing', actions: ['recordReader', 'startAfresh', 'appendCommit'] },
          { actions: 'recordReader' },
        ],
        ReceiveNo: { target: 'aborted', actions: ['startAfresh', 'sendAbortToAll', 'answerAborted'] },
        VoteTimeOut: { target: 'aborted', actions: ['startAfresh', 'sendAbortToAll', 'answerAborted'] },
        ParticipantSuspected: { guard: 'isMissing', target: 'aborted', actions: ['startAfresh', 'sendAbortToAll', 'answerAborted'] },
        Resend: { guard: 'isMissing', actions: 'resendPrepare' },
      },
    },
    delegated: {
      description: 'One-phase commit: the only participant decides, and nobody but it knows until it answers.',
      on: {
        ReceiveAck: { target: 'forgotten', actions: 'answerCommitted' },
        ReceiveNo: { target: 'aborted', actions: 'answerAborted' },
        OnePhaseTimeOut: { actions: 'answerUnknown' },
        Resend: { guard: 'isMissing', actions: 'resendCommitOnePhase' },
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
        ReceiveHeuristicAborted: { actions: 'appendHeuristic' },
        FlushCoordinator: { guard: 'isHeuristicRecord', actions: ['reportMixed', 'sendForget'] },
        ReportHazard: { actions: 'reportHazard' },
        Resend: { guard: 'isMissing', actions: 'resendCommit' },
        AskOutcome: { actions: 'answerCommitted' },
      },
    },
    aborted: {
      description: 'Rolled back. Nothing is logged: a coordinator that knows nothing says the same.',
      on: {
        ReceiveYes: { actions: 'replyAbort' },
        ReceiveHeuristicCommitted: { actions: 'appendHeuristic' },
        FlushCoordinator: { guard: 'isHeuristicRecord', actions: ['reportMixed', 'sendForget'] },
        AskOutcome: { actions: 'answerAborted' },
      },
    },
    forgotten: {
      description: 'Nothing is known: every participant has finished, or there never was a commit record.',
      on: {
        ReceiveYes: { actions: 'replyAbort' },
        ReceiveHeuristicCommitted: { actions: 'appendHeuristic' },
        FlushCoordinator: [
          { guard: 'isEndRecord', actions: 'ignore' },
          { guard: 'isHeuristicRecord', actions: ['reportMixed', 'sendForget'] },
        ],
      },
    },
  },
});

/** The coordinator's state at one moment: `value` is the state's name, `context` what is remembered. Immutable, serialisable. */
export type CoordinatorSnapshot = SnapshotFrom<typeof coordinatorMachine>;
/** The names of the coordinator's states. */
export type CoordinatorState = CoordinatorSnapshot['value'];

/**
 * What the coordinator wants done, in this order. Sends may be lost; an append must keep its place in the log. A heuristic
 * record that is on its way to the disk already need not be appended again.
 */
export type CoordinatorEffect =
  | {
      readonly type: 'send';
      readonly message: 'Prepare' | 'CommitOnePhase' | 'Commit' | 'Abort' | 'Forget';
      readonly to: readonly string[];
    }
  | { readonly type: 'append'; readonly record: 'Commit'; readonly participants: readonly string[] }
  | { readonly type: 'append'; readonly record: 'End' }
  | { readonly type: 'append'; readonly record: 'Heuristic'; readonly participant: string; readonly outcome: 'committed' | 'aborted' }
  | { readonly type: 'answer'; readonly outcome: 'committed' | 'aborted' | 'unknown' }
  | { readonly type: 'report'; readonly divergence: 'hazard' | 'mixed' };

const sender = (event: CoordinatorEvent): readonly string[] => ('participant' in event ? [event.participant] : []);

/** The meaning of each action that is the runtime's to perform. */
export const coordinatorEffects: Readonly<Record<string, (context: CoordinatorContext, event: CoordinatorEvent) => CoordinatorEffect>> = {
  sendPrepareToAll: (context) => ({ type: 'send', message: 'Prepare', to: context.participants }),
  sendCommitOnePhase: (context) => ({ type: 'send', message: 'CommitOnePhase', to: context.participants }),
  sendAbortToAll: (context) => ({ type: 'send', message: 'Abort', to: takingPart(context) }),
  sendCommitToAll: (context) => ({ type: 'send', message: 'Commit', to: takingPart(context) }),
  sendForget: (_, event) => ({ type: 'send', message: 'Forget', to: sender(event) }),
  resendPrepare: (_, event) => ({ type: 'send', message: 'Prepare', to: sender(event) }),
  resendCommitOnePhase: (_, event) => ({ type: 'send', message: 'CommitOnePhase', to: sender(event) }),
  resendCommit: (_, event) => ({ type: 'send', message: 'Commit', to: sender(event) }),
  replyCommit: (_, event) => ({ type: 'send', message: 'Commit', to: sender(event) }),
  replyAbort: (_, event) => ({ type: 'send', message: 'Abort', to: sender(event) }),
  appendCommit: (context) => ({ type: 'append', record: 'Commit', participants: takingPart(context) }),
  appendEnd: () => ({ type: 'append', record: 'End' }),
  appendHeuristic: (_, event) => ({
    type: 'append',
    record: 'Heuristic',
    participant: sender(event)[0] ?? '',
    outcome: event.type === 'ReceiveHeuristicCommitted' ? 'committed' : 'aborted',
  }),
  answerCommitted: () => ({ type: 'answer', outcome: 'committed' }),
  answerAborted: () => ({ type: 'answer', outcome: 'aborted' }),
  answerUnknown: () => ({ type: 'answer', outcome: 'unknown' }),
  reportHazard: () => ({ type: 'report', divergence: 'hazard' }),
  reportMixed: () => ({ type: 'report', divergence: 'mixed' }),
};

/** A transaction found committed in the log: its participants must be told until they acknowledge. */
export function recoveredCommit(record: Extract<DecisionRecord, { type: 'Commit' }>): CoordinatorSnapshot {
  return coordinatorMachine.resolveState({
    value: 'committed',
    context: { transaction: record.tx, participants: record.participants, readers: [], heard: [] },
  });
}

/** Presumed abort: what a coordinator is to a transaction of which it knows nothing. */
export function presumedAborted(transaction: string): CoordinatorSnapshot {
  return coordinatorMachine.resolveState({ value: 'forgotten', context: { transaction, participants: [], readers: [], heard: [] } });
}
