import { type AnyMachineSnapshot, initialTransition } from 'xstate';
import { type ChartInstance, CompiledInstance, type ContextView, contextView, InterpretedInstance } from './chart-instance.ts';
import { compileMachine, type MachineDescription } from './compile-machine.ts';
import { TabulatedInstance } from './tabulated-instance.ts';
import { MAX_TABULATED_PARTICIPANTS, stateKey, type TabulatedEvent, type TransitionTable } from './transition-table.ts';

type Fields = Readonly<Record<string, unknown>>;

/**
 * A statechart in both forms: compiled to a table for each number of participants, when the first transaction of as many begins, and
 * as XState interprets it for transactions of more than {@link MAX_TABULATED_PARTICIPANTS}. Which one runs is decided here alone.
 */
export class CompiledChart<Snapshot extends AnyMachineSnapshot, Event extends TabulatedEvent> {
  readonly #description: MachineDescription;
  readonly #tables: TransitionTable[] = [];
  readonly #identity: readonly string[];
  /** All fields of the context, in their order. */
  readonly #names: readonly string[];
  readonly #View: ContextView;

  /**
   * Compiles the table for one participant at once, so that a chart that cannot be compiled is found when it is loaded.
   *
   * @throws UnsupportedStatechartError that says why it cannot.
   */
  constructor(description: MachineDescription) {
    this.#description = description;
    const identity = description.identity([]);
    this.#identity = Object.keys(identity);
    this.#names = Object.keys(initialTransition(description.machine, identity)[0].context);
    this.#View = contextView(this.#names, this.#identity);
    this.table(1);
  }

  /** The table for so many participants, or undefined above the bound. */
  table(participants: number): TransitionTable | undefined {
    if (participants > MAX_TABULATED_PARTICIPANTS) return undefined;
    this.#tables[participants] ??= compileMachine(this.#description, participants);
    return this.#tables[participants];
  }

  /**
   * An instance in its first state.
   *
   * @param identity - the machine's input.
   * @param roster - its participants, each once.
   */
  begin(identity: object, roster: readonly string[]): ChartInstance<Snapshot, Event> {
    const table = this.table(roster.length);
    if (table === undefined) return this.#interpreted(initialTransition(this.#description.machine, identity)[0]);
    return this.#tabulated(table, identity, roster, 0, table.sets.map(none));
  }

  /** An instance in the state of `snapshot`; interpreted also where no table has that state. */
  resume(snapshot: Snapshot, roster: readonly string[]): ChartInstance<Snapshot, Event> {
    const table = new Set(roster).size === roster.length ? this.table(roster.length) : undefined;
    if (table === undefined) return this.#interpreted(snapshot);
    const context: Fields = snapshot.context;
    const masks = table.sets.map((name) => maskOf(context[name], roster));
    const finite = this.#names.filter((name) => !this.#identity.includes(name) && !table.sets.includes(name));
    const key = stateKey(snapshot.value, pick(context, finite), countRegions(masks, roster.length));
    const state = table.index.get(key);
    if (state === undefined) return this.#interpreted(snapshot);
    return this.#tabulated(table, pick(context, this.#identity), roster, state, masks);
  }

  #tabulated(table: TransitionTable, identity: object, roster: readonly string[], state: number, masks: number[]) {
    const tabulated = new TabulatedInstance(table, roster, state, masks);
    const context = new this.#View(identity, tabulated);
    return new CompiledInstance<Snapshot, Event>(this.#description.machine, this.#names, tabulated, context);
  }

  #interpreted(snapshot: AnyMachineSnapshot): ChartInstance<Snapshot, Event> {
    return new InterpretedInstance(this.#description.machine, snapshot as Snapshot);
  }
}

const none = (): number => 0;

function pick(context: Fields, names: readonly string[]): Fields {
  return Object.fromEntries(names.map((name) => [name, context[name]]));
}

function maskOf(members: unknown, roster: readonly string[]): number {
  const isMember = (name: string): boolean => Array.isArray(members) && members.includes(name);
  return roster.reduce((mask, name, place) => (isMember(name) ? mask | (1 << place) : mask), 0);
}

function countRegions(masks: readonly number[], participants: number): readonly number[] {
  const counts = Array<number>(2 ** masks.length).fill(0);
  for (let place = 0; place < participants; place += 1) {
    const region = masks.reduce((sum, mask, set) => sum | (((mask >>> place) & 1) << set), 0);
    counts[region] = (counts[region] ?? 0) + 1;
  }
  return counts;
}
