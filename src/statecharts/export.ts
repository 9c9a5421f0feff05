import type { AnyStateMachine } from 'xstate';
import { toDirectedGraph } from 'xstate/graph';

/** A picture of the machine in Mermaid's `stateDiagram-v2`: an arrow for each transition, with its event and its guard. */
export function toMermaid(machine: AnyStateMachine): string {
  const root = toDirectedGraph(machine);
  const initial = machine.config.initial;
  const lines = ['stateDiagram-v2'];
  if (typeof initial === 'string') lines.push(`  [*] --> ${initial}`);
  const events = new Map<string, Set<string>>();
  for (const state of root.children) {
    for (const { source, target, label, transition } of state.edges) {
      const arrow = `${source.key} --> ${target.key}`;
      const guard = typeof transition.guard === 'string' ? ` [${transition.guard}]` : '';
      events.set(arrow, (events.get(arrow) ?? new Set()).add(`${label.text}${guard}`));
    }
  }
  for (const [arrow, names] of events) lines.push(`  ${arrow}: ${[...names].join(', ')}`);
  return `${lines.join('\n')}\n`;
}

/**
 * The machine's configuration as JSON, which Stately's editor imports. Guards and actions are names in it, so nothing is
 * lost but the initial context, which depends on the input.
 */
export function toStatelyJson(machine: AnyStateMachine): string {
  return `${JSON.stringify({ ...machine.config, context: {} }, undefined, 2)}\n`;
}
