import {
  ANYONE,
  type Column,
  type ColumnTree,
  REFUSED,
  type RegionUpdate,
  stateKey,
  type TabulatedEvent,
  type TabulatedState,
  type TransitionTable,
} from './transition-table.ts';

/** A state of the table that is being made. */
export interface GrowingState extends TabulatedState {
  readonly number: number;
  /** By region: how many participants are there. */
  readonly counts: readonly number[];
}

interface Cell {
  readonly next: number;
  readonly actions: number;
  readonly update: number;
}

/** Collects the cells of a {@link TransitionTable}, giving each state, list of actions and update its number. */
export class TableBuilder {
  readonly states: GrowingState[] = [];
  readonly #participants: number;
  readonly #sets: readonly string[];
  readonly #forms: readonly TabulatedEvent[];
  /** By the place of the form among the forms. */
  readonly #columns: readonly Column[];
  readonly #width: number;
  readonly #index = new Map<string, number>();
  readonly #cells = new Map<number, Cell>();
  readonly #actionLists = new Numbered<readonly string[]>((names) => names.join());
  readonly #updates = new Numbered<RegionUpdate | undefined>((update) => (update ? `${update.others.join()} ${update.own}` : ''));

  constructor(participants: number, sets: readonly string[], forms: readonly TabulatedEvent[]) {
    this.#participants = participants;
    this.#sets = sets;
    this.#forms = forms;
    let width = 0;
    this.#columns = forms.map(({ participant }) => {
      const column = { first: width, hasParticipant: participant === ANYONE };
      width += column.hasParticipant ? 2 ** sets.length + 1 : 1;
      return column;
    });
    this.#width = width;
    this.#updates.add(undefined);
  }

  /** The number of the state; it is added where it is new. */
  state(value: string, fields: TabulatedState['fields'], counts: readonly number[]): number {
    const key = stateKey(value, fields, counts);
    const known = this.#index.get(key);
    if (known !== undefined) return known;
    const number = this.states.length;
    this.states.push({ number, value, fields, counts });
    this.#index.set(key, number);
    return number;
  }

  cell(
    state: GrowingState,
    form: TabulatedEvent,
    region: number,
    outcome: Omit<GrowingState, 'number'> & { readonly actions: readonly string[]; readonly update: RegionUpdate },
  ): void {
    const { value, fields, counts, actions, update } = outcome;
    const nobodyMoves = update.othersStay && (update.own < 0 || update.own === region);
    const column = (this.#columns[this.#forms.indexOf(form)]?.first ?? 0) + region;
    this.#cells.set(state.number * this.#width + column, {
      next: this.state(value, fields, counts),
      actions: this.#actionLists.add(actions),
      update: this.#updates.add(nobodyMoves ? undefined : update),
    });
  }

  build(): TransitionTable {
    const size = this.states.length * this.#width;
    const next = new Int32Array(size).fill(REFUSED);
    const actions = new Int32Array(size);
    const update = new Int32Array(size);
    for (const [at, cell] of this.#cells) {
      next[at] = cell.next;
      actions[at] = cell.actions;
      update[at] = cell.update;
    }
    return {
      participants: this.#participants,
      sets: this.#sets,
      states: this.states.map(({ value, fields }) => ({ value, fields })),
      index: this.#index,
      columns: this.#columnTrees(),
      width: this.#width,
      next,
      actions,
      update,
      actionLists: this.#actionLists.values,
      updates: this.#updates.values,
    };
  }

  #columnTrees(): ReadonlyMap<string, ColumnTree> {
    const types = Map.groupBy(
      this.#forms.map((form, at) => ({ form, column: this.#columns[at] ?? { first: 0, hasParticipant: false } })),
      ({ form }) => form.type,
    );
    return new Map([...types].map(([type, forms]) => [type, treeOf(forms, payloadFields(forms))]));
  }
}

interface PlacedForm {
  readonly form: TabulatedEvent;
  readonly column: Column;
}

function payloadFields(forms: readonly PlacedForm[]): readonly string[] {
  return [...new Set(forms.flatMap(({ form }) => Object.keys(form)))].filter((name) => name !== 'type' && name !== 'participant');
}

function treeOf(forms: readonly PlacedForm[], fields: readonly string[]): ColumnTree {
  const [field, ...rest] = fields;
  const [only] = forms;
  if (field === undefined || only === undefined) return only?.column ?? { first: 0, hasParticipant: false };
  const groups = Map.groupBy(forms, ({ form }) => Reflect.get(form, field));
  return { field, byValue: new Map([...groups].map(([value, group]) => [value, treeOf(group, rest)])) };
}

/** Different values, numbered from 0 in the order of their coming. */
class Numbered<Value> {
  readonly values: Value[] = [];
  readonly #keyOf: (value: Value) => string;
  readonly #numbers = new Map<string, number>();

  constructor(keyOf: (value: Value) => string) {
    this.#keyOf = keyOf;
  }

  add(value: Value): number {
    const key = this.#keyOf(value);
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    this.values.push(value);
    this.#numbers.set(key, this.values.length - 1);
    return this.values.length - 1;
  }
}
