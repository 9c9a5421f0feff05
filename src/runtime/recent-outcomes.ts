/** What became of a transaction. */
export type Outcome = 'committed' | 'aborted';

/** The outcomes of the latest transactions, in bounded memory: the oldest goes first. */
export class RecentOutcomes {
  readonly #maxOutcomes: number;
  readonly #outcomes = new Map<string, Outcome>();
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

  remember(transaction: string, outcome: Outcome): void {
    this.#outcomes.set(transaction, outcome);
    if (this.#outcomes.size <= this.#maxOutcomes) return;
    const [oldest] = this.#outcomes.keys();
    if (oldest !== undefined) this.#outcomes.delete(oldest);
    this.#hasForgotten = true;
  }
}
