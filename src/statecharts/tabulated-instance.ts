import { type Column, findColumn, REFUSED, type RegionUpdate, type TabulatedEvent, type TransitionTable } from './transition-table.ts';

/** One instance of a chart, stepped through a table in place and without allocating. */
export class TabulatedInstance {
  readonly #table: TransitionTable;
  readonly #roster: readonly string[];
  /** By set: who is in it, a bit for each place in the roster. */
  readonly #masks: number[];
  #state: number;

  /**
   * @param roster - the participants, as many as the table is for, each once.
   * @param masks - by set of the table; the instance's own from now on.
   */
  constructor(table: TransitionTable, roster: readonly string[], state: number, masks: number[]) {
    this.#table = table;
    this.#roster = roster;
    this.#state = state;
    this.#masks = masks;
  }

  /** The number of the table's state. */
  get state(): number {
    return this.#state;
  }

  /** The name of the chart's state. */
  get value(): string {
    return this.#table.states[this.#state]?.value ?? '';
  }

  /** What the context says of one of its fields that steps change. */
  field(name: string): unknown {
    const set = this.#table.sets.indexOf(name);
    if (set < 0) return this.#table.states[this.#state]?.fields[name];
    const mask = this.#masks[set] ?? 0;
    return this.#roster.filter((_, place) => (mask & (1 << place)) !== 0);
  }

  /** The column of `event` before its participant is looked at, or undefined where the table has no such form. */
  columnOf(event: TabulatedEvent): Column | undefined {
    return findColumn(this.#table, event);
  }

  /** Takes the event; returns the names of its actions, or undefined where it is refused, which changes nothing. */
  step(column: Column, participant: string | undefined): readonly string[] | undefined {
    const table = this.#table;
    const place = participant === undefined ? -1 : this.#roster.indexOf(participant);
    const cell = this.#state * table.width + column.first + (column.hasParticipant ? this.#region(place) : 0);
    const next = table.next[cell];
    if (next === undefined || next === REFUSED) return undefined;
    const update = table.updates[table.update[cell] ?? 0];
    if (update !== undefined) this.#move(update, place);
    this.#state = next;
    return table.actionLists[table.actions[cell] ?? 0];
  }

  /** The region of the participant at `place`; the one after the last for a stranger. */
  #region(place: number): number {
    const masks = this.#masks;
    if (place < 0) return 1 << masks.length;
    let region = 0;
    for (let set = 0; set < masks.length; set += 1) region |= (((masks[set] ?? 0) >>> place) & 1) << set;
    return region;
  }

  #move({ others, own, othersStay }: RegionUpdate, ownPlace: number): void {
    if (ownPlace >= 0) this.#put(ownPlace, own);
    if (othersStay) return;
    for (let place = 0; place < this.#roster.length; place += 1) {
      if (place !== ownPlace) this.#put(place, others[this.#region(place)] ?? 0);
    }
  }

  #put(place: number, region: number): void {
    const masks = this.#masks;
    for (let set = 0; set < masks.length; set += 1) {
      masks[set] = ((masks[set] ?? 0) & ~(1 << place)) | (((region >>> set) & 1) << place);
    }
  }
}
