/** What became of a transaction. */
export type Outcome = 'committed' | 'aborted';

/** The outcomes of the latest transactions, in bounded memory: the oldest goes first. */
export class RecentOutcomes {
  readonly #maxOutcomes: number;
  readonly #outcomes = new Map<string, Outcome>();
  /** Their keys in a ring, oldest first from `#oldest` on: to ask a Map for its first key takes it past all that were deleted before. */
  readonly #order: string[] = [];
  #oldest = 0;
  #hasForgotten = false;

  constructor(maxOutcomes: number) {
    this.#maxOutcomes = maxOutcomes;
  }

  /** Whether any outcome had to go, so that absence proves nothing. */
  get hasForgotten(): boolean {
    return this.#hasForgotten;
  }

  get(transaction: string): Outcome | undefined {
    return this.#outcomes.get(transaction);
  }

  /** Returns whether it was not known before. */
  remember(transaction: string, outcome: Outcome): boolean {
    const isNew = !this.#outcomes.has(transaction);
    this.#outcomes.set(transaction, outcome);
    if (!isNew) return false;
    if (this.#order.length < this.#maxOutcomes) {
      this.#order.push(transaction);
      return true;
    }
    this.#outcomes.delete(this.#order[this.#oldest] ?? '');
    this.#order[this.#oldest] = transaction;
    this.#oldest = (this.#oldest + 1) % this.#maxOutcomes;
    this.#hasForgotten = true;
    return true;
  }
}
