/**
 * Level 1 of the bridge: every action of TwoPhaseCommit.tla, and what it is in the code. A test compares this table with the
 * actions that TLC took, the events of the machines, the steps of the explorer and the table in spec/README.md: an orphan on
 * any side fails.
 */

/**
 * - `coordinator`, `participant`: an event of that statechart, of the same name.
 * - `recovery`: production code that builds machines from a log.
 * - `environment`: a fault, which the simulator injects.
 */
export type ActionClass = 'coordinator' | 'participant' | 'recovery' | 'environment';

/** By action of the spec. */
export const vocabulary: Readonly<Record<string, ActionClass>> = {
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
  Duplicate: 'environment',
};

/** The actions of one class, sorted. */
export function actionsOf(wanted: ActionClass): string[] {
  return Object.keys(vocabulary)
    .filter((action) => vocabulary[action] === wanted)
    .sort();
}
