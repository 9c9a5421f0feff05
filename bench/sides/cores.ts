/** The statecharts of one commit of three participants alone, without a runtime around them. */
import { newBranch, newCoordinator } from '../../src/statecharts/compiled.ts';
import type { CoordinatorEvent } from '../../src/statecharts/coordinator.ts';
import type { ParticipantEvent } from '../../src/statecharts/participant.ts';
import { beginBranch, beginCoordinator, stepBranch, stepCoordinator } from '../../src/statecharts/step.ts';

const PARTICIPANTS = ['first', 'second', 'third'];

const COORDINATOR_EVENTS: readonly CoordinatorEvent[] = [
  { type: 'RequestCommit' },
  ...PARTICIPANTS.map((participant) => ({ type: 'ReceiveYes', participant }) as const),
  { type: 'FlushCoordinator', record: 'Commit' },
  ...PARTICIPANTS.map((participant) => ({ type: 'ReceiveAck', participant }) as const),
  { type: 'FlushCoordinator', record: 'End' },
];
const BRANCH_EVENTS: readonly ParticipantEvent[] = [
  { type: 'ReceivePrepare' },
  { type: 'FlushParticipant', record: 'Prepared' },
  { type: 'ReceiveCommit' },
  { type: 'FlushParticipant', record: 'Committed' },
];

export function compiledCommit(): void {
  const coordinator = newCoordinator('transaction', PARTICIPANTS);
  for (const event of COORDINATOR_EVENTS) if (coordinator.step(event) === undefined) throw new Error(`refused: ${event.type}`);
  for (const participant of PARTICIPANTS) {
    const branch = newBranch({ transaction: 'transaction', participant });
    for (const event of BRANCH_EVENTS) if (branch.step(event) === undefined) throw new Error(`refused: ${event.type}`);
  }
}

export function interpretedCommit(): void {
  let coordinator = beginCoordinator('transaction', PARTICIPANTS);
  for (const event of COORDINATOR_EVENTS) coordinator = stepCoordinator(coordinator, event).snapshot;
  for (const participant of PARTICIPANTS) {
    let branch = beginBranch({ transaction: 'transaction', participant });
    for (const event of BRANCH_EVENTS) branch = stepBranch(branch, event).snapshot;
    if (branch.value !== 'committed') throw new Error(`a branch is ${branch.value}`);
  }
}
