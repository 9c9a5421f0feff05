/**
 * Ways of breaking what the options have added to the statecharts and to recovery, one deliberate bug each; see
 * `code-mutants.ts`.
 */
import { recoveredBranch } from '../../src/statecharts/participant.ts';
import { production } from './implementation.ts';
import { type CodeMutant, withCoordinator, withParticipant } from './rewired.ts';

const abort = { target: 'aborted', actions: ['startAfresh', 'sendAbortToAll', 'answerAborted'] };

/** Those that TwoPhaseOptions rejects; `npm test` replays each. */
export const optionsCodeMutants: readonly CodeMutant[] = [
  {
    name: 'several participants are asked to decide, each for itself',
    graph: 'mixed',
    caught: { kind: 'extra', action: 'RequestCommitOnePhase' },
    code: withCoordinator({ working: { RequestCommitOnePhase: { target: 'delegated', actions: 'sendCommitOnePhase' } } }),
  },
  {
    name: 'a lost one-phase reply is taken for an abort',
    graph: 'one-phase',
    caught: { kind: 'extra', action: 'OnePhaseTimeOut' },
    code: withCoordinator({ delegated: { OnePhaseTimeOut: { actions: 'answerAborted' } } }),
  },
  {
    name: 'suspicion aborts what was delegated',
    graph: 'one-phase',
    caught: { kind: 'extra', action: 'ParticipantSuspected' },
    code: withCoordinator({ delegated: { ParticipantSuspected: { guard: 'isMissing', ...abort } } }),
  },
  {
    name: 'suspicion aborts nothing',
    graph: 'one-phase',
    caught: { kind: 'missing', action: 'ParticipantSuspected' },
    code: withCoordinator({ preparing: { ParticipantSuspected: undefined } }),
  },
  {
    name: 'the first read-only vote commits for all',
    graph: 'mixed',
    caught: { kind: 'extra', action: 'ReceiveReadOnly' },
    code: withCoordinator({ preparing: { ReceiveReadOnly: { target: 'forgotten', actions: ['recordReader', 'answerCommitted'] } } }),
  },
  {
    name: 'the commit record names one who has only read',
    graph: 'mixed',
    caught: { kind: 'extra', action: 'ReceiveReadOnly' },
    code: withCoordinator({
      preparing: {
        ReceiveReadOnly: [
          { guard: 'isLastReader', target: 'forgotten', actions: ['recordReader', 'answerCommitted'] },
          { guard: 'haveOthersVoted', target: 'committing', actions: ['startAfresh', 'appendCommit'] },
          { actions: 'recordReader' },
        ],
      },
    }),
  },
  {
    name: 'a contradiction is reported before it is recorded',
    graph: 'heuristic-crashes',
    caught: { kind: 'extra', action: 'ReceiveHeuristicAborted' },
    code: withCoordinator({ committed: { ReceiveHeuristicAborted: { actions: ['appendHeuristic', 'reportMixed', 'sendForget'] } } }),
  },
  {
    name: 'a coordinator that knows nothing overlooks a contradiction',
    graph: 'heuristic-crashes',
    caught: { kind: 'missing', action: 'ReceiveHeuristicCommitted' },
    code: withCoordinator({ forgotten: { ReceiveHeuristicCommitted: undefined } }),
  },
  {
    name: 'a participant acknowledges a one-phase commit before its record is durable',
    graph: 'one-phase',
    caught: { kind: 'extra', action: 'ReceiveCommitOnePhase' },
    code: withParticipant({
      working: { ReceiveCommitOnePhase: { target: 'committingOnePhase', actions: ['appendCommitted', 'sendAck'] } },
    }),
  },
  {
    name: 'a one-phase commit that was refused leaves its record in the tail',
    graph: 'one-phase',
    caught: { kind: 'extra', action: 'RefuseOnePhase' },
    code: withParticipant({ committingOnePhase: { RefuseOnePhase: { target: 'aborted', actions: 'sendNo' } } }),
  },
  {
    name: 'a stale branch that was dropped is prepared when the question comes',
    graph: 'one-phase',
    caught: { kind: 'extra', action: 'ReceivePrepare' },
    code: withParticipant({ aborted: { ReceivePrepare: { target: 'preparing', actions: 'appendPrepared' } } }),
  },
  {
    name: 'clean-up drops what is in doubt',
    graph: 'one-phase',
    caught: { kind: 'extra', action: 'DropStale' },
    code: withParticipant({ prepared: { DropStale: { target: 'aborted', actions: 'appendAborted' } } }),
  },
  {
    name: 'a heuristic decision takes effect before its record is durable',
    graph: 'heuristic-crashes',
    caught: { kind: 'extra', action: 'HeuristicCommit' },
    code: withParticipant({
      prepared: { HeuristicCommit: { target: 'heuristicallyCommitted', actions: 'appendHeuristicCommitted' } },
    }),
  },
  {
    name: 'a participant that has decided alone does not say so when the decision is another',
    graph: 'heuristic-crashes',
    caught: { kind: 'extra', action: 'ReceiveAbort' },
    code: withParticipant({ heuristicallyCommitted: { ReceiveAbort: { actions: 'ignore' } } }),
  },
  {
    name: 'a participant acknowledges that it has forgotten before that is durable',
    graph: 'heuristic-crashes',
    caught: { kind: 'extra', action: 'ReceiveForget' },
    code: withParticipant({
      heuristicallyAborted: { ReceiveForget: { target: 'forgetting', actions: ['appendForgotten', 'sendAck'] } },
    }),
  },
  {
    name: 'recovery takes a heuristic commit for an ordinary one',
    graph: 'heuristic-crashes',
    caught: { kind: 'extra', action: 'RecoverParticipant' },
    code: {
      ...production,
      recoverBranches: (participant, records) =>
        new Map(
          [...production.recoverBranches(participant, records)].map(([tx, branch]) => [
            tx,
            branch.value === 'heuristicallyCommitted' ? recoveredBranch(tx, participant, 'Committed') : branch,
          ]),
        ),
    },
  },
  {
    name: 'trust is never regained',
    graph: 'one-phase',
    caught: { kind: 'missing', action: 'ReceiveHeartbeat' },
    code: {
      ...production,
      stepFailureDetector: (snapshot, event) =>
        snapshot.value === 'suspected' ? { accepted: false, snapshot, effects: [] } : production.stepFailureDetector(snapshot, event),
    },
  },
];
