import type { AnyStateMachine, AnyStateNode } from 'xstate';

/** A statechart has a feature that its table could not show. */
export class UnsupportedStatechartError extends Error {
  override readonly name = 'UnsupportedStatechartError';

  constructor(machine: string, why: string) {
    super(`The statechart "${machine}" cannot be compiled: ${why}.`);
  }
}

/**
 * Refuses a statechart with anything beyond flat states, named guards and named actions: what it does is then not a function
 * of state, event and context.
 *
 * @throws UnsupportedStatechartError that names the feature and its place.
 */
export function assertSupported(machine: AnyStateMachine): void {
  const refuse = (why: string): never => {
    throw new UnsupportedStatechartError(machine.id, why);
  };
  if (machine.root.type !== 'compound') refuse(`its root is ${machine.root.type}, and must have states of which one is active`);
  for (const node of [machine.root, ...Object.values(machine.root.states)]) {
    const complaint = complaintOf(node, node === machine.root);
    if (complaint !== undefined) refuse(`${node === machine.root ? 'its root' : `the state "${node.key}"`} ${complaint}`);
  }
}

function complaintOf(node: AnyStateNode, isRoot: boolean): string | undefined {
  if (!isRoot && node.type !== 'atomic') return `is ${node.type}, and only flat states can be tabulated`;
  // A delay is an entry action too, so it is looked for first.
  if (node.after.length > 0) return 'has delayed transitions; let the runtime send an event';
  if (node.entry.length > 0 || node.exit.length > 0) return 'has entry or exit actions; put them on the transitions';
  if (node.invoke.length > 0) return 'invokes an actor';
  if ((node.always?.length ?? 0) > 0) return 'has eventless transitions';
  for (const [event, transitions] of node.transitions) {
    if (event.includes('*')) return `takes any event ("${event}")`;
    for (const { guard, actions } of transitions) {
      if (guard !== undefined && typeof guard !== 'string') return `has a guard without a name, or with parameters, on "${event}"`;
      if (actions.some((action) => typeof action !== 'string')) return `has an action without a name, or with parameters, on "${event}"`;
    }
  }
  return undefined;
}
