import { type AnyStateMachine, StateMachine } from 'xstate';
import { coordinatorMachine } from '../../src/statecharts/coordinator.ts';
import { participantMachine } from '../../src/statecharts/participant.ts';
import { stepBranch, stepCoordinator } from '../../src/statecharts/step.ts';
import { type Implementation, production } from './implementation.ts';
import type { Divergence } from './replay-edges.ts';
import type { ReplayedConfiguration } from './stored-graphs.ts';

/** One bug, and where it must be seen: all of them by level 2 of the bridge, the replay of every edge. */
export interface CodeMutant {
  readonly name: string;
  /** The graph whose replay must reject it. */
  readonly graph: ReplayedConfiguration;
  /** How replay sees it, and at which action. */
  readonly caught: { readonly kind: Divergence['kind']; readonly action: string };
  readonly code: Implementation;
}

type StateEdits = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/**
 * The machine with other transitions: `edits` gives, by state and event, what replaces them; `undefined` removes one. A
 * snapshot keeps the transitions of the machine that made it, so a mutant's step resolves it anew.
 */
function rewired<Machine extends AnyStateMachine>(machine: Machine, edits: StateEdits): Machine {
  const states = Object.fromEntries(
    Object.entries(machine.config.states ?? {}).map(([name, state]) => [name, { ...state, on: { ...state.on, ...edits[name] } }]),
  );
  // The compiler cannot know that the other transitions speak of the same events and actions.
  return new StateMachine({ ...machine.config, states } as AnyStateMachine['config'], machine.implementations) as unknown as Machine;
}

export function withCoordinator(edits: StateEdits): Implementation {
  const machine = rewired(coordinatorMachine, edits);
  return { ...production, stepCoordinator: (snapshot, event) => stepCoordinator(machine.resolveState(snapshot), event, machine) };
}

export function withParticipant(edits: StateEdits): Implementation {
  const machine = rewired(participantMachine, edits);
  return { ...production, stepBranch: (snapshot, event) => stepBranch(machine.resolveState(snapshot), event, machine) };
}
