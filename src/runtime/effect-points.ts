import { coordinatorEffects } from '../statecharts/coordinator.ts';
import { participantEffects } from '../statecharts/participant.ts';

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

/** Effects of the options of TwoPhaseOptions.tla, which the statecharts know and the transaction manager does not use. */
const UNUSED: ReadonlySet<string> = new Set([
  'sendCommitOnePhase',
  'resendCommitOnePhase',
  'answerUnknown',
  'withdrawRecord',
  'sendReadOnly',
  'appendHeuristicCommitted',
  'appendHeuristicAborted',
  'sendHeuristicCommitted',
  'sendHeuristicAborted',
  'appendHeuristic',
  'reportHazard',
  'reportMixed',
  'sendForget',
  'appendForgotten',
]);

/**
 * Every point that a run can pass, as `before sendPrepareToAll`: from the statecharts' own tables, so that a crash test
 * that goes through the list leaves none out.
 */
export const effectPoints: readonly string[] = [...Object.keys(coordinatorEffects), ...Object.keys(participantEffects)]
  .filter((effect) => !UNUSED.has(effect))
  .flatMap((effect) => [`before ${effect}`, `after ${effect}`]);
