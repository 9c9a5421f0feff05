/**
 * Compiles a statechart to a {@link TransitionTable} by running it: every transition in the table was taken by XState. Nothing
 * is said here about any particular chart.
 *
 * What makes a finite table possible, and is checked while it is filled:
 *
 * 1. A field of the context names the instance and never changes, is a set of participants in the order of the roster, or has
 *    finitely many values.
 * 2. Participants are alike: which ones are in a set does not matter, only how many, and whether the one that the event concerns is.
 */
import { type AnyMachineSnapshot, type AnyStateMachine, initialTransition, transition } from 'xstate';
import { assertSupported, UnsupportedStatechartError } from './supported-features.ts';
import { TableBuilder } from './table-builder.ts';
import { ANYONE, type RegionUpdate, stateKey, type TabulatedEvent, type TransitionTable } from './transition-table.ts';

/** What running a statechart cannot tell about it. */
export interface MachineDescription {
  readonly machine: AnyStateMachine;
  /** Every event in every form, a participant being {@link ANYONE}. One that is missing here is stepped by XState. */
  readonly forms: readonly TabulatedEvent[];
  /** The machine's input for a transaction of these participants: the fields of the context that name the instance. */
  readonly identity: (roster: readonly string[]) => Readonly<Record<string, unknown>>;
}

/** The most states that a table may have: beyond it some field is not finite. */
const MAX_TABULATED_STATES = 10_000;

const STRANGER = 'stranger';

/** A context, seen as a state of the table and who is in which region. */
interface Placed {
  readonly value: string;
  readonly fields: Readonly<Record<string, unknown>>;
  /** By place in the roster. */
  readonly regions: readonly number[];
}

/** What one transition came to. */
interface Outcome {
  readonly value: string;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly counts: readonly number[];
  readonly actions: readonly string[];
  readonly update: RegionUpdate;
}

/**
 * The table for transactions of `participants` participants.
 *
 * @throws UnsupportedStatechartError where the chart has a feature, or its context a field, that a table cannot show.
 */
export function compileMachine(description: MachineDescription, participants: number): TransitionTable {
  assertSupported(description.machine);
  return new Compiler(description, participants).compile();
}

class Compiler {
  readonly #machine: AnyStateMachine;
  readonly #forms: readonly TabulatedEvent[];
  readonly #roster: readonly string[];
  readonly #identity: Readonly<Record<string, unknown>>;
  readonly #sets: readonly string[];
  readonly #initial: AnyMachineSnapshot;
  readonly #builder: TableBuilder;

  constructor({ machine, forms, identity }: MachineDescription, participants: number) {
    this.#machine = machine;
    this.#forms = forms;
    this.#roster = Array.from({ length: participants }, (_, place) => `participant-${place}`);
    this.#identity = identity(this.#roster);
    [this.#initial] = initialTransition(machine, this.#identity);
    this.#sets = Object.entries(this.#initial.context)
      .filter(([name, value]) => !(name in this.#identity) && Array.isArray(value))
      .map(([name]) => name);
    this.#builder = new TableBuilder(participants, this.#sets, forms);
  }

  compile(): TransitionTable {
    const types = new Set(this.#forms.map(({ type }) => type));
    const unknown = this.#machine.events.filter((type) => !types.has(type));
    if (unknown.length > 0) this.#refuse(`it takes the event ${unknown.join(', ')}, of which no form is given`);
    const { value, fields, regions } = this.#place(this.#initial);
    if (regions.some((region) => region !== 0)) this.#refuse('it begins with participants in a set');
    this.#builder.state(value, fields, this.#count(regions));
    // The list grows while it is gone through.
    for (const state of this.#builder.states) {
      for (const form of this.#forms) this.#tabulate(state, form);
      if (this.#builder.states.length > MAX_TABULATED_STATES) this.#refuse(`it has more than ${MAX_TABULATED_STATES} states`);
    }
    return this.#builder.build();
  }

  #tabulate(state: TableBuilder['states'][number], form: TabulatedEvent): void {
    const concerned = form.participant === ANYONE ? [...Array(2 ** this.#sets.length + 1).keys()] : [undefined];
    for (const region of concerned) {
      const isSomebody = region === undefined || region === 2 ** this.#sets.length || (state.counts[region] ?? 0) > 0;
      if (!isSomebody) continue;
      const outcome = this.#run(state, form, region, false);
      // The same with other participants in the same regions: where it differs, they are not alike.
      const mirrored = this.#run(state, form, region, true);
      if (describe(outcome) !== describe(mirrored)) {
        this.#refuse(`in "${state.value}" it does not treat all participants alike on "${form.type}"`);
      }
      if (outcome !== undefined) this.#builder.cell(state, form, region ?? 0, outcome);
    }
  }

  /** Undefined where the event is refused. */
  #run(state: TableBuilder['states'][number], form: TabulatedEvent, region: number | undefined, mirrored: boolean): Outcome | undefined {
    const ascending = state.counts.flatMap((count, at) => Array<number>(count).fill(at));
    const regions = mirrored ? ascending.toReversed() : ascending;
    const context: Record<string, unknown> = { ...this.#identity, ...state.fields };
    for (const [set, name] of this.#sets.entries()) {
      context[name] = this.#roster.filter((_, place) => (((regions[place] ?? 0) >>> set) & 1) === 1);
    }
    const before = this.#machine.resolveState({ value: state.value, context });
    const own = region === undefined ? -1 : mirrored ? regions.lastIndexOf(region) : regions.indexOf(region);
    const event = region === undefined ? form : { ...form, participant: this.#roster[own] ?? STRANGER };
    const [after, actions] = transition(this.#machine, before, event);
    if (after === before && actions.length === 0) return undefined;
    const { value, fields, regions: moved } = this.#place(after);
    const update = this.#updateOf(state.value, form.type, regions, moved, own);
    return { value, fields, counts: this.#count(moved), actions: actions.map(({ type }) => this.#nameOf(type)), update };
  }

  #updateOf(value: string, type: string, before: readonly number[], after: readonly number[], own: number): RegionUpdate {
    const others = Array.from({ length: 2 ** this.#sets.length }, (_, region) => region);
    const seen = new Set<number>();
    for (const [place, region] of before.entries()) {
      const to = after[place] ?? 0;
      if (place === own) continue;
      if (seen.has(region) && others[region] !== to) this.#refuse(`in "${value}" it does not treat all participants alike on "${type}"`);
      seen.add(region);
      others[region] = to;
    }
    return { others, own: after[own] ?? -1, othersStay: others.every((to, from) => to === from) };
  }

  /** Checks the shape of a context on the way. */
  #place(snapshot: AnyMachineSnapshot): Placed {
    if (typeof snapshot.value !== 'string') return this.#refuse('it has a state that is not flat');
    const fields: Record<string, unknown> = {};
    const regions = this.#roster.map(() => 0);
    for (const [name, value] of Object.entries(snapshot.context as Record<string, unknown>)) {
      if (name in this.#identity) {
        if (value !== this.#identity[name]) this.#refuse(`it changes "${name}", which names the instance`);
      } else if (!(name in this.#initial.context)) {
        this.#refuse(`it adds the field "${name}" to its context, which it does not begin with`);
      } else if (this.#sets.includes(name)) {
        for (const place of this.#placesOf(name, value)) regions[place] = (regions[place] ?? 0) | (1 << this.#sets.indexOf(name));
      } else if (typeof value === 'object' && value !== null) {
        this.#refuse(`the field "${name}" of its context is neither a set of participants nor a plain value`);
      } else {
        fields[name] = value;
      }
    }
    return { value: snapshot.value, fields, regions };
  }

  #placesOf(name: string, value: unknown): readonly number[] {
    const places = Array.isArray(value) ? value.map((member) => this.#roster.indexOf(member)) : [-1];
    if (places.every((place, index) => place > (index === 0 ? -1 : (places[index - 1] ?? -1)))) return places;
    return this.#refuse(`the field "${name}" of its context is not a set of its participants, each once and in their order`);
  }

  #count(regions: readonly number[]): readonly number[] {
    const counts = Array<number>(2 ** this.#sets.length).fill(0);
    for (const region of regions) counts[region] = (counts[region] ?? 0) + 1;
    return counts;
  }

  #nameOf(action: string): string {
    if (action in this.#machine.implementations.actions) return action;
    return this.#refuse(`it has the action "${action}", which is not one of its own`);
  }

  #refuse(why: string): never {
    throw new UnsupportedStatechartError(this.#machine.id, why);
  }
}

function describe(outcome: Outcome | undefined): string {
  if (outcome === undefined) return 'refused';
  const { value, fields, counts, actions, update } = outcome;
  return `${stateKey(value, fields, counts)} ${actions.join()} ${update.others.join()} ${update.own}`;
}
