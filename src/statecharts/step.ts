import { initialTransition, transition } from 'xstate';
import {
  type CoordinatorEffect,
  type CoordinatorEvent,
  type CoordinatorSnapshot,
  coordinatorEffects,
  coordinatorMachine,
} from './coordinator.ts';
import {
  type FailureDetectorEffect,
  type FailureDetectorEvent,
  type FailureDetectorSnapshot,
  failureDetectorEffects,
  failureDetectorMachine,
} from './failure-detector.ts';
import {
  type ParticipantContext,
  type ParticipantEffect,
  type ParticipantEvent,
  type ParticipantSnapshot,
  participantEffects,
  participantMachine,
} from './participant.ts';

/** What one event does to one machine. A refused event changes nothing and has no effects. */
export interface Step<Snapshot, Effect> {
  /** Whether the machine's current state has a transition for the event, a mere `ignore` included. */
  readonly accepted: boolean;
  readonly snapshot: Snapshot;
  /** To be performed in this order; `action` is the name of the statechart's action that each comes from. */
  readonly effects: readonly (Effect & { readonly action: string })[];
}

/** The coordinator of a transaction that has just begun. */
export function beginCoordinator(transaction: string, participants: readonly string[]): CoordinatorSnapshot {
  return initialTransition(coordinatorMachine, { transaction, participants })[0];
}

/** The branch of a participant that has just been enlisted. */
export function beginBranch(context: ParticipantContext): ParticipantSnapshot {
  return initialTransition(participantMachine, context)[0];
}

/** The detector of a process that is believed to be up, as every process is at first. */
export function beginFailureDetector(watched: string): FailureDetectorSnapshot {
  return initialTransition(failureDetectorMachine, { watched })[0];
}

/**
 * `state, event -> state, effects` for the coordinator.
 *
 * @param machine - the statechart; another one only to test the tests.
 */
export function stepCoordinator(
  snapshot: CoordinatorSnapshot,
  event: CoordinatorEvent,
  machine: typeof coordinatorMachine = coordinatorMachine,
): Step<CoordinatorSnapshot, CoordinatorEffect> {
  const [next, actions] = transition(machine, snapshot, event);
  return stepOf(snapshot, next, actions, (action) => coordinatorEffects[action]?.(next.context, event));
}

/**
 * `state, event -> state, effects` for a participant's branch.
 *
 * @param machine - the statechart; another one only to test the tests.
 */
export function stepBranch(
  snapshot: ParticipantSnapshot,
  event: ParticipantEvent,
  machine: typeof participantMachine = participantMachine,
): Step<ParticipantSnapshot, ParticipantEffect> {
  const [next, actions] = transition(machine, snapshot, event);
  return stepOf(snapshot, next, actions, (action) => participantEffects[action]?.());
}

/**
 * `state, event -> state, effects` for a failure detector.
 *
 * @param machine - the statechart; another one only to test the tests.
 */
export function stepFailureDetector(
  snapshot: FailureDetectorSnapshot,
  event: FailureDetectorEvent,
  machine: typeof failureDetectorMachine = failureDetectorMachine,
): Step<FailureDetectorSnapshot, FailureDetectorEffect> {
  const [next, actions] = transition(machine, snapshot, event);
  return stepOf(snapshot, next, actions, (action) => failureDetectorEffects[action]?.());
}

/** What XState's transition came to; actions without a meaning for the runtime are no effects. */
function stepOf<Snapshot, Effect extends object>(
  before: Snapshot,
  after: Snapshot,
  actions: readonly { readonly type: string }[],
  effectOf: (action: string) => Effect | undefined,
): Step<Snapshot, Effect> {
  const effects = actions.flatMap(({ type: action }) => {
    const effect = effectOf(action);
    return effect === undefined ? [] : [{ action, ...effect }];
  });
  return { accepted: after !== before || actions.length > 0, snapshot: after, effects };
}
