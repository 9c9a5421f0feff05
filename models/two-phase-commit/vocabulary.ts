/**
 * Level 1 of the bridge: every action of TwoPhaseCommit.tla and TwoPhaseOptions.tla, and what it is in the code. A test compares
 * these tables with the actions that TLC took, the events of the machines, the steps of the explorer and the tables in
 * spec/README.md: an orphan on any side fails.
 */

/**
 * - `coordinator`, `participant`, `failure-detector`: an event of that statechart, of the same name.
 * - `recovery`: production code that builds machines from a log.
 * - `environment`: a fault, which the simulator injects.
 */
export type ActionClass = 'coordinator' | 'participant' | 'failure-detector' | 'recovery' | 'environment';

/** By action of a spec: what it is. */
export type Vocabulary = Readonly<Record<string, ActionClass>>;

/** The actions that both specs have. */
const shared = {
  RequestCommit: 'coordinator',
  RequestRollback: 'coordinator',
  VoteTimeOut: 'coordinator',
  ReceiveYes: 'coordinator',
  ReceiveNo: 'coordinator',
  FlushCoordinator: 'coordinator',
  ReceiveAck: 'coordinator',
  Resend: 'coordinator',
  AskOutcome: 'coordinator',
  ReceivePrepare: 'participant',
  AbortUnilaterally: 'participant',
  RefusePrepare: 'participant',
  FlushParticipant: 'participant',
  VoteAgain: 'participant',
  ReceiveCommit: 'participant',
  ReceiveAbort: 'participant',
  RecoverCoordinator: 'recovery',
  RecoverParticipant: 'recovery',
  CrashCoordinator: 'environment',
  CrashParticipant: 'environment',
  Lose: 'environment',
} as const satisfies Vocabulary;

/** By action of TwoPhaseCommit. */
export const vocabulary: Vocabulary = { ...shared, Duplicate: 'environment' };

/** By action of TwoPhaseOptions. */
export const optionsVocabulary: Vocabulary = {
  ...shared,
  RequestCommitOnePhase: 'coordinator',
  OnePhaseTimeOut: 'coordinator',
  ParticipantSuspected: 'coordinator',
  ReceiveReadOnly: 'coordinator',
  ReceiveHeuristicCommitted: 'coordinator',
  ReceiveHeuristicAborted: 'coordinator',
  ReportHazard: 'coordinator',
  ReceiveCommitOnePhase: 'participant',
  ReceiveForget: 'participant',
  DropStale: 'participant',
  VoteReadOnly: 'participant',
  RefuseOnePhase: 'participant',
  HeuristicCommit: 'participant',
  HeuristicAbort: 'participant',
  ReceiveHeartbeat: 'failure-detector',
  HeartbeatTimeOut: 'failure-detector',
};

/** The actions of one class, sorted. */
export function actionsOf(vocabulary: Vocabulary, wanted: ActionClass): string[] {
  return Object.keys(vocabulary)
    .filter((action) => vocabulary[action] === wanted)
    .sort();
}
