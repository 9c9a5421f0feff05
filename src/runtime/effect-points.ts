import { transition } from 'xstate';
import {
  type CoordinatorEffect,
  type CoordinatorEvent,
  type CoordinatorSnapshot,
  coordinatorEffects,
  coordinatorMachine,
} from '../statecharts/coordinator.ts';
import {
  type ParticipantEffect,
  type ParticipantEvent,
  type ParticipantSnapshot,
  participantEffects,
  participantMachine,
} from '../statecharts/participant.ts';

/** A moment at which a run can be interrupted: just before an effect, or as soon as it has happened. */
export interface EffectPoint {
  /** `after` a forced append is when it is durable, after a roll-back when the store has done it, after a message when it is on its way. */
  readonly phase: 'before' | 'after';
  /** The name of the statechart's action. */
  readonly effect: string;
  readonly tx: string;
  /** The branch whose effect it is; absent for those of the coordinator. */
  readonly participant?: string;
}

/**
 * Every point that a run can pass, as `before sendPrepareToAll`: from the statecharts' own tables, so that a crash test
 * that goes through the list leaves none out.
 */
export const effectPoints: readonly string[] = [...Object.keys(coordinatorEffects), ...Object.keys(participantEffects)].flatMap(
  (effect) => [`before ${effect}`, `after ${effect}`],
);

/** A step of a statechart whose effects carry the names of their actions. */
export interface NamedStep<Snapshot, Effect> {
  readonly accepted: boolean;
  readonly snapshot: Snapshot;
  readonly effects: readonly { readonly name: string; readonly effect: Effect }[];
}

/** `stepCoordinator`, with names. */
export function stepCoordinatorByName(
  snapshot: CoordinatorSnapshot,
  event: CoordinatorEvent,
): NamedStep<CoordinatorSnapshot, CoordinatorEffect> {
  const [next, actions] = transition(coordinatorMachine, snapshot, event);
  const effects = actions.flatMap(({ type: name }) => {
    const effect = coordinatorEffects[name]?.(next.context, event);
    return effect ? [{ name, effect }] : [];
  });
  return { accepted: next !== snapshot || actions.length > 0, snapshot: next, effects };
}

/** `stepBranch`, with names. */
export function stepBranchByName(
  snapshot: ParticipantSnapshot,
  event: ParticipantEvent,
): NamedStep<ParticipantSnapshot, ParticipantEffect> {
  const [next, actions] = transition(participantMachine, snapshot, event);
  const effects = actions.flatMap(({ type: name }) => {
    const effect = participantEffects[name]?.();
    return effect ? [{ name, effect }] : [];
  });
  return { accepted: next !== snapshot || actions.length > 0, snapshot: next, effects };
}
