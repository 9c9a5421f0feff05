import { type AnyMachineSnapshot, initialTransition, transition } from 'xstate';
import { CompiledInstance } from '../../src/statecharts/chart-instance.ts';
import type { MachineDescription } from '../../src/statecharts/compile-machine.ts';
import type { CompiledChart } from '../../src/statecharts/compiled-chart.ts';
import { ANYONE, type TabulatedEvent } from '../../src/statecharts/transition-table.ts';

/** One step that XState takes, or refuses. */
export interface InterpretedStep {
  readonly before: AnyMachineSnapshot;
  readonly event: TabulatedEvent;
  /** State, context and actions afterwards, as text. */
  readonly expected: string;
}

/** Every step from every snapshot that XState reaches from the initial one: each event, for each participant and for a stranger. */
export function everyStep({ machine, forms, identity }: MachineDescription, roster: readonly string[]): InterpretedStep[] {
  const events = forms.flatMap((form) =>
    form.participant === ANYONE ? [...roster, 'a stranger'].map((participant) => ({ ...form, participant })) : [form],
  );
  const [initial] = initialTransition(machine, identity(roster));
  const known = new Map([[JSON.stringify(initial), initial]]);
  const steps: InterpretedStep[] = [];
  for (const before of known.values()) {
    for (const event of events) {
      const [after, actions] = transition(machine, before, event);
      const isRefused = after === before && actions.length === 0;
      const names = actions.map(({ type }) => type);
      steps.push({ before, event, expected: isRefused ? 'refused' : shown(after, names) });
      if (!known.has(JSON.stringify(after))) known.set(JSON.stringify(after), after);
    }
  }
  return steps;
}

/**
 * The first step that the compiled chart takes differently, in words. After each step the table must be in the very state in which it
 * takes up the snapshot that it has come to: a wrong count of participants would show in no snapshot, and many steps later in what is done.
 */
export function firstDifference(
  chart: CompiledChart<AnyMachineSnapshot, TabulatedEvent>,
  roster: readonly string[],
  steps: readonly InterpretedStep[],
): string | undefined {
  for (const { before, event, expected } of steps) {
    const instance = chart.resume(before, roster);
    const actions = instance.step(event);
    const found = actions === undefined ? 'refused' : shown(instance.snapshot, actions);
    const where = `${shown(before, [])} on ${JSON.stringify(event)}`;
    if (found !== expected) return `${where}: ${found}, not ${expected}`;
    const state = tableState(instance);
    if (state !== undefined && state !== tableState(chart.resume(instance.snapshot, roster))) return `${where}: ${found}, wrongly counted`;
  }
  return undefined;
}

/** Undefined where it is interpreted. */
function tableState(instance: object): number | undefined {
  return instance instanceof CompiledInstance ? instance.tabulated?.state : undefined;
}

export function shown({ value, context }: Pick<AnyMachineSnapshot, 'value' | 'context'>, actions: readonly string[]): string {
  return `${JSON.stringify([value, context])} ${actions.join()}`;
}
