import { type AnyMachineSnapshot, type AnyStateMachine, transition } from 'xstate';
import type { TabulatedInstance } from './tabulated-instance.ts';
import type { TabulatedEvent } from './transition-table.ts';

/** One instance of a statechart, stepped in place: its state and context at this moment, and what the next event does. */
export interface ChartInstance<Snapshot extends AnyMachineSnapshot, Event extends TabulatedEvent> {
  /** The name of the state. */
  readonly value: Snapshot['value'];
  /** What is remembered. It may change with the next step; {@link ChartInstance.snapshot} does not. */
  readonly context: Snapshot['context'];
  /** State and context of this moment as XState has them, immutable and serialisable. */
  readonly snapshot: Snapshot;
  /** Takes the event; returns the names of the actions to perform, or undefined where it is refused, which changes nothing. */
  step(event: Event): readonly string[] | undefined;
}

/** Stepped by XState. */
export class InterpretedInstance<Snapshot extends AnyMachineSnapshot, Event extends TabulatedEvent>
  implements ChartInstance<Snapshot, Event>
{
  readonly #machine: AnyStateMachine;
  #snapshot: Snapshot;

  constructor(machine: AnyStateMachine, snapshot: Snapshot) {
    this.#machine = machine;
    this.#snapshot = snapshot;
  }

  get value(): Snapshot['value'] {
    return this.#snapshot.value;
  }

  get context(): Snapshot['context'] {
    return this.#snapshot.context;
  }

  get snapshot(): Snapshot {
    return this.#snapshot;
  }

  step(event: Event): readonly string[] | undefined {
    const before = this.#snapshot;
    const [after, actions] = transition(this.#machine, before, event);
    if (after === before && actions.length === 0) return undefined;
    this.#snapshot = after as Snapshot;
    return actions.map(({ type }) => type);
  }
}

/** Makes the context of a tabulated instance, which is looked up in the table when it is asked for. */
export type ContextView = new (identity: object, tabulated: TabulatedInstance) => object;

/** A class of contexts with the fields `names`, of which those in `identity` are the instance's own. */
export function contextView(names: readonly string[], identity: readonly string[]): ContextView {
  class View {
    readonly #identity: object;
    readonly #tabulated: TabulatedInstance;

    constructor(own: object, tabulated: TabulatedInstance) {
      this.#identity = own;
      this.#tabulated = tabulated;
    }

    static own(view: View, name: string): unknown {
      return Reflect.get(view.#identity, name);
    }

    static field(view: View, name: string): unknown {
      return view.#tabulated.field(name);
    }
  }
  for (const name of names) {
    const read = identity.includes(name) ? View.own : View.field;
    Object.defineProperty(View.prototype, name, {
      get(this: View) {
        return read(this, name);
      },
    });
  }
  return View;
}

/** Stepped through a table; by XState from the first event on of which the table has no form. */
export class CompiledInstance<Snapshot extends AnyMachineSnapshot, Event extends TabulatedEvent> implements ChartInstance<Snapshot, Event> {
  readonly #machine: AnyStateMachine;
  readonly #names: readonly string[];
  readonly #tabulated: TabulatedInstance;
  readonly #context: Snapshot['context'];
  #interpreted: InterpretedInstance<Snapshot, Event> | undefined;

  constructor(machine: AnyStateMachine, names: readonly string[], tabulated: TabulatedInstance, context: Snapshot['context']) {
    this.#machine = machine;
    this.#names = names;
    this.#tabulated = tabulated;
    this.#context = context;
  }

  /** Where it is in the table; undefined once it is interpreted. */
  get tabulated(): TabulatedInstance | undefined {
    return this.#interpreted === undefined ? this.#tabulated : undefined;
  }

  get value(): Snapshot['value'] {
    return this.#interpreted === undefined ? this.#tabulated.value : this.#interpreted.value;
  }

  get context(): Snapshot['context'] {
    return this.#interpreted === undefined ? this.#context : this.#interpreted.context;
  }

  get snapshot(): Snapshot {
    if (this.#interpreted !== undefined) return this.#interpreted.snapshot;
    const context = Object.fromEntries(this.#names.map((name) => [name, Reflect.get(this.#context, name)]));
    return this.#machine.resolveState({ value: this.#tabulated.value, context }) as Snapshot;
  }

  step(event: Event): readonly string[] | undefined {
    if (this.#interpreted !== undefined) return this.#interpreted.step(event);
    const column = this.#tabulated.columnOf(event);
    if (column !== undefined) return this.#tabulated.step(column, event.participant);
    this.#interpreted = new InterpretedInstance(this.#machine, this.snapshot);
    return this.#interpreted.step(event);
  }
}
