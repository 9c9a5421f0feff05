/**
 * A statechart as integers: data alone. `compileMachine` makes it, and `TabulatedInstance` steps through it.
 *
 * The table is a finite automaton. A *state* of it is a state of the chart, the values of the context's finite fields, and how
 * many participants are in each *region*: the sets of the context (such as `heard`) cut the participants into 2^sets regions,
 * and a participant's region is the number whose bit `s` says whether it is in set `s`. Which participants these are is in
 * the instance's bit masks, one a set.
 */

/** The bits of a mask: V8 keeps integers of 31 bits and a sign without a box. */
export const MAX_TABULATED_PARTICIPANTS = 31;

/** No transition: the event is refused. */
export const REFUSED = -1;

/** Stands for the participant's name in a form of an event that carries one. */
export const ANYONE = '*';

/** What a step does to the sets: the region that each participant is in afterwards. */
export interface RegionUpdate {
  /** By region: the new region of those whom the event does not concern. */
  readonly others: readonly number[];
  /** The new region of the one whom the event concerns; -1 where it concerns nobody in the transaction. */
  readonly own: number;
  /** Whether `others` moves nobody. */
  readonly othersStay: boolean;
}

/** One state of the table. */
export interface TabulatedState {
  /** The name of the chart's state. */
  readonly value: string;
  /** The finite fields of the context. */
  readonly fields: Readonly<Record<string, unknown>>;
}

/** The first column of an event's form; the others follow by the region of the participant, the last for a stranger. */
export interface Column {
  readonly first: number;
  readonly hasParticipant: boolean;
}

/** Columns by the values of one field after the other; a leaf where the form is known. */
export type ColumnTree = Column | { readonly field: string; readonly byValue: ReadonlyMap<unknown, ColumnTree> };

/** Made by `compileMachine`. Rows are states, columns events; a cell has the same index in all three arrays. */
export interface TransitionTable {
  readonly participants: number;
  /** The fields of the context that are sets of participants. */
  readonly sets: readonly string[];
  readonly states: readonly TabulatedState[];
  /** Finds a state by {@link stateKey}. */
  readonly index: ReadonlyMap<string, number>;
  readonly columns: ReadonlyMap<string, ColumnTree>;
  readonly width: number;
  /** The next state, or {@link REFUSED}. */
  readonly next: Int32Array;
  /** Which of `actionLists`. */
  readonly actions: Int32Array;
  /** Which of `updates`. */
  readonly update: Int32Array;
  readonly actionLists: readonly (readonly string[])[];
  /** The first is undefined: nobody moves. */
  readonly updates: readonly (RegionUpdate | undefined)[];
}

/** The identity of a state: its name, its finite fields, and how many participants are in each region. */
export function stateKey(value: string, fields: Readonly<Record<string, unknown>>, counts: readonly number[]): string {
  return `${value} ${JSON.stringify(fields, Object.keys(fields).sort())} ${counts.join()}`;
}

/** An event, as far as a table looks at it. */
export interface TabulatedEvent {
  readonly type: string;
  readonly participant?: string;
}

/** The column of `event` before its participant is looked at, or undefined where the table has no such form. */
export function findColumn(table: TransitionTable, event: TabulatedEvent): Column | undefined {
  let tree = table.columns.get(event.type);
  while (tree !== undefined && 'byValue' in tree) tree = tree.byValue.get(Reflect.get(event, tree.field));
  return tree;
}
