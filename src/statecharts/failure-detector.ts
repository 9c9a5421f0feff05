/**
 * What one process believes of another: that it is up, or that it is not. It is told by heartbeats, and may be wrong either
 * way, so nothing that is decided may depend on it (TwoPhaseOptions.tla; Chandra and Toueg, "Unreliable failure detectors",
 * 1996).
 */
import { type SnapshotFrom, setup } from 'xstate';

/** What happens to the detector; the names are the spec's actions. */
export type FailureDetectorEvent =
  | { readonly type: 'ReceiveHeartbeat' }
  /** No heartbeat has come for as long as the watcher is willing to wait. */
  | { readonly type: 'HeartbeatTimeOut' };

/** What the detector's machine remembers. */
export interface FailureDetectorContext {
  /** The name of the process that is watched. */
  readonly watched: string;
}

const setUp = setup({
  types: {
    context: {} as FailureDetectorContext,
    events: {} as FailureDetectorEvent,
    input: {} as FailureDetectorContext,
  },
  actions: {
    /* What the runtime performs: `failureDetectorEffects` says what each means. */
    awaitHeartbeat: () => {},
    suspect: () => {},
    trust: () => {},
  },
});

/** XState's `transition` makes an actor without input each time. */
const noInput: FailureDetectorContext = { watched: '' };

/** The statechart of a failure detector. Pure and serialisable; use it with `step`, or as an XState actor with `provide`. */
export const failureDetectorMachine = setUp.createMachine({
  id: 'failure-detector',
  context: ({ input }) => ({ ...noInput, ...input }),
  initial: 'trusted',
  states: {
    trusted: {
      description: 'The last heartbeat was in time.',
      on: {
        ReceiveHeartbeat: { actions: 'awaitHeartbeat' },
        HeartbeatTimeOut: { target: 'suspected', actions: 'suspect' },
      },
    },
    suspected: {
      description: 'A heartbeat is late: the other is down, or slow, or the network is.',
      on: { ReceiveHeartbeat: { target: 'trusted', actions: ['trust', 'awaitHeartbeat'] } },
    },
  },
});

/** The detector's state at one moment: `value` is the state's name. Immutable, serialisable. */
export type FailureDetectorSnapshot = SnapshotFrom<typeof failureDetectorMachine>;

/** What the detector wants done, in this order. */
export type FailureDetectorEffect =
  /** Start the timer for the next heartbeat anew. */
  | { readonly type: 'await' }
  /** Tell whoever waits for the other: it may give up what is undecided, and nothing else. */
  | { readonly type: 'suspect' }
  | { readonly type: 'trust' };

/** The meaning of each action that is the runtime's to perform. */
export const failureDetectorEffects: Readonly<Record<string, () => FailureDetectorEffect>> = {
  awaitHeartbeat: () => ({ type: 'await' }),
  suspect: () => ({ type: 'suspect' }),
  trust: () => ({ type: 'trust' }),
};
