/**
 * Ways of breaking the statecharts and the recovery code, one deliberate bug each. Replay must catch every one of them: a
 * bridge that a bug can cross proves nothing.
 */
import { coordinatorDescription, stepCompiledCoordinator } from '../../src/statecharts/compiled.ts';
import { CompiledChart } from '../../src/statecharts/compiled-chart.ts';
import { type CoordinatorEvent, type CoordinatorSnapshot, presumedAborted } from '../../src/statecharts/coordinator.ts';
import { recoveredBranch } from '../../src/statecharts/participant.ts';
import { recoverCoordinators } from '../../src/statecharts/recover.ts';
import type { TransitionTable } from '../../src/statecharts/transition-table.ts';
import { type Implementation, production } from './implementation.ts';
import { type CodeMutant, withCoordinator, withParticipant } from './rewired.ts';

/** The compiled coordinator with cells of its tables changed, as a bug of the compiler would. */
function withTables(change: (table: TransitionTable) => void): Implementation {
  const chart = new CompiledChart<CoordinatorSnapshot, CoordinatorEvent>(coordinatorDescription);
  for (let participants = 0; participants <= MAX_REPLAYED_PARTICIPANTS; participants += 1) {
    const table = chart.table(participants);
    if (table !== undefined) change(table);
  }
  return { ...production, stepCoordinator: (snapshot, event) => stepCompiledCoordinator(snapshot, event, chart) };
}

/** No replayed configuration has more. */
const MAX_REPLAYED_PARTICIPANTS = 3;

const decide = { target: 'committing', actions: ['startAfresh', 'appendCommit'] };
const abort = { target: 'aborted', actions: ['startAfresh', 'sendAbortToAll', 'answerAborted'] };

/** Those that TwoPhaseCommit rejects; `npm test` replays each. */
export const codeMutants: readonly CodeMutant[] = [
  {
    name: 'the coordinator decides at the first yes',
    graph: 'crashes',
    caught: { kind: 'extra', action: 'ReceiveYes' },
    code: withCoordinator({ preparing: { ReceiveYes: decide } }),
  },
  {
    name: 'the commit is sent before its record is durable',
    graph: 'network',
    caught: { kind: 'extra', action: 'ReceiveYes' },
    code: withCoordinator({
      preparing: { ReceiveYes: [{ guard: 'isLastMissing', ...decide, actions: [...decide.actions, 'sendCommitToAll'] }] },
    }),
  },
  {
    name: 'the client is answered before the commit record is durable',
    graph: 'network',
    caught: { kind: 'extra', action: 'ReceiveYes' },
    code: withCoordinator({
      preparing: { ReceiveYes: [{ guard: 'isLastMissing', ...decide, actions: [...decide.actions, 'answerCommitted'] }] },
    }),
  },
  {
    name: 'a time-out aborts what is already being committed',
    graph: 'network',
    caught: { kind: 'extra', action: 'VoteTimeOut' },
    code: withCoordinator({ committing: { VoteTimeOut: abort } }),
  },
  {
    name: 'a vote that comes too late to the aborted transaction is not answered',
    graph: 'network',
    caught: { kind: 'extra', action: 'ReceiveYes' },
    code: withCoordinator({ aborted: { ReceiveYes: { actions: 'ignore' } } }),
  },
  {
    name: 'the transaction is forgotten at the first acknowledgement',
    graph: 'crashes',
    caught: { kind: 'extra', action: 'ReceiveAck' },
    code: withCoordinator({ committed: { ReceiveAck: { target: 'forgotten', actions: ['startAfresh', 'appendEnd'] } } }),
  },
  {
    name: 'what is not known is presumed committed',
    graph: 'network',
    caught: { kind: 'extra', action: 'ReceiveYes' },
    code: withCoordinator({ forgotten: { ReceiveYes: { actions: 'replyCommit' } } }),
  },
  {
    name: 'an unanswered commit is never sent again',
    graph: 'network',
    caught: { kind: 'missing', action: 'Resend' },
    code: withCoordinator({ committed: { Resend: undefined } }),
  },
  {
    name: 'a participant votes before its prepared record is durable',
    graph: 'network',
    caught: { kind: 'extra', action: 'ReceivePrepare' },
    code: withParticipant({ working: { ReceivePrepare: { target: 'preparing', actions: ['appendPrepared', 'sendYes'] } } }),
  },
  {
    name: 'a participant acknowledges before its committed record is durable',
    graph: 'network',
    caught: { kind: 'extra', action: 'ReceiveCommit' },
    code: withParticipant({ prepared: { ReceiveCommit: { target: 'committing', actions: ['appendCommitted', 'sendAck'] } } }),
  },
  {
    name: 'a prepared participant gives up alone',
    graph: 'network',
    caught: { kind: 'extra', action: 'AbortUnilaterally' },
    code: withParticipant({ prepared: { AbortUnilaterally: { target: 'aborted', actions: 'appendAborted' } } }),
  },
  {
    name: 'a participant in doubt never asks',
    graph: 'network',
    caught: { kind: 'missing', action: 'VoteAgain' },
    code: withParticipant({ prepared: { VoteAgain: undefined } }),
  },
  {
    name: 'a repeated commit is not acknowledged again',
    graph: 'network',
    caught: { kind: 'extra', action: 'ReceiveCommit' },
    code: withParticipant({ committed: { ReceiveCommit: { actions: 'ignore' } } }),
  },
  {
    name: 'the compiler keeps an action out of its tables',
    graph: 'network',
    caught: { kind: 'extra', action: 'ReceiveYes' },
    code: withTables(({ actionLists, actions }) => {
      const [without, appending] = [
        actionLists.findIndex((names) => names.length === 0),
        actionLists.findIndex((names) => names.includes('appendCommit')),
      ];
      for (const [cell, list] of actions.entries()) if (list === appending) actions[cell] = without;
    }),
  },
  {
    name: 'the compiler leaves the bit masks as they are',
    graph: 'crashes',
    caught: { kind: 'extra', action: 'ReceiveYes' },
    code: withTables(({ update }) => update.fill(0)),
  },
  {
    name: 'the coordinator recovers nothing',
    graph: 'network',
    caught: { kind: 'extra', action: 'RecoverCoordinator' },
    code: { ...production, recoverCoordinators: () => new Map() },
  },
  {
    name: 'recovery overlooks end records',
    graph: 'network',
    caught: { kind: 'extra', action: 'RecoverCoordinator' },
    code: { ...production, recoverCoordinators: (records) => recoverCoordinators(records.filter(({ type }) => type !== 'End')) },
  },
  {
    name: 'recovery takes the last whole record for a torn one',
    graph: 'network',
    caught: { kind: 'extra', action: 'RecoverCoordinator' },
    code: {
      ...production,
      decodeDecisionLog: (bytes) => {
        const decoded = production.decodeDecisionLog(bytes);
        return decoded.records.length > 1 ? { ...decoded, records: decoded.records.slice(0, -1) } : decoded;
      },
    },
  },
  {
    name: 'a torn tail stops the journal from opening',
    graph: 'network',
    caught: { kind: 'broken', action: 'any' },
    code: {
      ...production,
      decodeJournal: (bytes) => {
        const decoded = production.decodeJournal(bytes);
        if (decoded.tail === 'torn') throw new Error('the journal is damaged');
        return decoded;
      },
    },
  },
  {
    name: 'a prepared branch is rolled back by recovery',
    graph: 'network',
    caught: { kind: 'extra', action: 'RecoverParticipant' },
    code: {
      ...production,
      recoverBranches: (participant, records) =>
        new Map(
          [...production.recoverBranches(participant, records)].map(([tx, branch]) => [
            tx,
            branch.value === 'prepared' ? recoveredBranch(tx, participant, undefined) : branch,
          ]),
        ),
    },
  },
  {
    name: 'recovery forgets what the journal committed',
    graph: 'network',
    caught: { kind: 'broken', action: 'any' },
    code: {
      ...production,
      decodeJournal: (bytes) => ({ ...production.decodeJournal(bytes), committed: new Map() }),
    },
  },
  {
    name: 'a new coordinator begins with nothing to do',
    graph: 'network',
    caught: { kind: 'initial', action: 'Init' },
    code: { ...production, beginCoordinator: presumedAborted },
  },
];
