// Method: what replay cannot show. That snapshots survive JSON, that the machines run as ordinary XState actors, and that their
// pictures name every state and event. What the machines do is judged by replay, in test/models/two-phase-commit.
import { describe, expect, test } from 'vitest';
import { createActor, createMachine } from 'xstate';
import {
  beginBranch,
  beginCoordinator,
  beginFailureDetector,
  type CoordinatorEvent,
  coordinatorMachine,
  failureDetectorMachine,
  type ParticipantEvent,
  participantMachine,
  presumedAborted,
  recoveredBranch,
  recoveredCommit,
  stepBranch,
  stepCoordinator,
  stepFailureDetector,
  toMermaid,
  toStatelyJson,
} from '../../src/statecharts/index.ts';

const coordinatorEvents: readonly CoordinatorEvent[] = [
  { type: 'RequestCommit' },
  { type: 'RequestRollback' },
  { type: 'VoteTimeOut' },
  { type: 'ReceiveYes', participant: 'a' },
  { type: 'ReceiveYes', participant: 'b' },
  { type: 'ReceiveNo', participant: 'a' },
  { type: 'ReceiveAck', participant: 'a' },
  { type: 'ReceiveAck', participant: 'b' },
  { type: 'Resend', participant: 'a' },
  { type: 'Resend', participant: 'stranger' },
  { type: 'FlushCoordinator', record: 'Commit' },
  { type: 'FlushCoordinator', record: 'End' },
  { type: 'AskOutcome' },
  { type: 'RequestCommitOnePhase' },
  { type: 'OnePhaseTimeOut' },
  { type: 'ParticipantSuspected', participant: 'a' },
  { type: 'ReceiveReadOnly', participant: 'a' },
  { type: 'ReceiveReadOnly', participant: 'b' },
  { type: 'ReceiveHeuristicCommitted', participant: 'a' },
  { type: 'ReceiveHeuristicAborted', participant: 'a' },
  { type: 'FlushCoordinator', record: 'Heuristic', participant: 'a' },
  { type: 'ReportHazard' },
];
const branchEvents: readonly ParticipantEvent[] = [
  { type: 'ReceivePrepare' },
  { type: 'ReceiveCommit' },
  { type: 'ReceiveAbort' },
  { type: 'AbortUnilaterally' },
  { type: 'RefusePrepare' },
  { type: 'VoteAgain' },
  { type: 'FlushParticipant', record: 'Prepared' },
  { type: 'FlushParticipant', record: 'Committed' },
  { type: 'FlushParticipant', record: 'Aborted' },
  { type: 'ReceiveCommitOnePhase' },
  { type: 'ReceiveForget' },
  { type: 'DropStale' },
  { type: 'VoteReadOnly' },
  { type: 'RefuseOnePhase' },
  { type: 'HeuristicCommit' },
  { type: 'HeuristicAbort' },
  { type: 'FlushParticipant', record: 'HeuristicCommitted' },
  { type: 'FlushParticipant', record: 'HeuristicAborted' },
  { type: 'FlushParticipant', record: 'Forgotten' },
];

/** Every snapshot that can be reached, each once. */
function reachable<Snapshot extends { value: unknown; context: unknown }, Event>(
  start: readonly Snapshot[],
  events: readonly Event[],
  step: (snapshot: Snapshot, event: Event) => { snapshot: Snapshot },
): Snapshot[] {
  const known = new Map(start.map((snapshot) => [JSON.stringify(snapshot), snapshot]));
  for (const snapshot of known.values()) {
    for (const event of events) {
      const next = step(snapshot, event).snapshot;
      if (!known.has(JSON.stringify(next))) known.set(JSON.stringify(next), next);
    }
  }
  return [...known.values()];
}

const coordinators = reachable(
  [
    beginCoordinator('t', ['a']),
    beginCoordinator('t', ['a', 'b']),
    recoveredCommit({ type: 'Commit', tx: 't', participants: ['a', 'b'] }),
    presumedAborted('t'),
  ],
  coordinatorEvents,
  stepCoordinator,
);
const detectors = reachable(
  [beginFailureDetector('a')],
  [{ type: 'ReceiveHeartbeat' }, { type: 'HeartbeatTimeOut' }] as const,
  stepFailureDetector,
);
const branches = reachable(
  [beginBranch({ transaction: 't', participant: 'a' }), recoveredBranch('t', 'a', 'Committed')],
  branchEvents,
  stepBranch,
);

describe('a snapshot', () => {
  test('is reached in every state of each machine', () => {
    expect(new Set(coordinators.map(({ value }) => value))).toEqual(new Set(Object.keys(coordinatorMachine.config.states ?? {})));
    expect(new Set(detectors.map(({ value }) => value))).toEqual(new Set(Object.keys(failureDetectorMachine.config.states ?? {})));
    expect(new Set(branches.map(({ value }) => value))).toEqual(new Set(Object.keys(participantMachine.config.states ?? {})));
  });

  test('goes on after JSON exactly as before', () => {
    for (const snapshot of coordinators) {
      const restored = coordinatorMachine.resolveState(JSON.parse(JSON.stringify(snapshot)));
      for (const event of coordinatorEvents) {
        const [expected, found] = [stepCoordinator(snapshot, event), stepCoordinator(restored, event)];
        expect(JSON.stringify(found)).toBe(JSON.stringify(expected));
      }
    }
    for (const snapshot of branches) {
      const restored = participantMachine.resolveState(JSON.parse(JSON.stringify(snapshot)));
      for (const event of branchEvents) {
        expect(JSON.stringify(stepBranch(restored, event))).toBe(JSON.stringify(stepBranch(snapshot, event)));
      }
    }
  });

  test('is left as it was by each step, and a refused event gives it back with no effect', () => {
    for (const snapshot of coordinators) {
      const before = JSON.stringify(snapshot);
      for (const event of coordinatorEvents) {
        const step = stepCoordinator(snapshot, event);
        expect(JSON.stringify(snapshot)).toBe(before);
        if (!step.accepted) expect(step).toEqual({ accepted: false, snapshot, effects: [] });
      }
    }
  });
});

test('a machine runs alone, as an actor whose actions the user provides', () => {
  const done: string[] = [];
  const machine = coordinatorMachine.provide({
    actions: {
      sendPrepareToAll: ({ context }) => done.push(`prepare ${context.participants.join(' and ')}`),
      appendCommit: () => done.push('append'),
      sendCommitToAll: () => done.push('commit'),
    },
  });
  const actor = createActor(machine, { input: { transaction: 't', participants: ['a', 'b'] } }).start();
  actor.send({ type: 'RequestCommit' });
  actor.send({ type: 'ReceiveYes', participant: 'a' });
  actor.send({ type: 'ReceiveYes', participant: 'b' });
  actor.send({ type: 'FlushCoordinator', record: 'Commit' });
  expect(done).toEqual(['prepare a and b', 'append', 'commit']);
  expect(actor.getSnapshot().value).toBe('committed');
});

describe.each([
  ['coordinator', coordinatorMachine],
  ['participant', participantMachine],
  ['failure-detector', failureDetectorMachine],
])('the %s exported', (_name, machine) => {
  test('to Mermaid names every state, and every event that is not merely ignored', () => {
    const picture = toMermaid(machine);
    expect(picture.split('\n')[0]).toBe('stateDiagram-v2');
    for (const state of Object.keys(machine.config.states ?? {})) expect(picture).toMatch(new RegExp(`\\b${state}\\b`));
    for (const event of machine.events) expect(picture).toContain(event);
  });

  test('to Stately is JSON from which a machine with the same transitions can be made', () => {
    const config = JSON.parse(toStatelyJson(machine));
    const copy = createMachine(config);
    expect(copy.events.toSorted()).toEqual([...machine.events].sort());
    expect(config.states).toEqual(JSON.parse(JSON.stringify(machine.config.states)));
  });
});
