/** What each transaction was to write, noted before it was asked to commit: what the stores hold in the end is compared with it. */
import type { Outcome } from './outcome-oracle.ts';

/** One change of one account, in cents. */
export interface Posting {
  readonly store: string;
  readonly account: string;
  readonly amount: number;
}

interface LedgerEntry {
  readonly postings: readonly Posting[];
  told: Outcome | undefined;
}

/** What one store holds in the end, read through a transaction. */
export type StoreContents = ReadonlyMap<string, string>;

/** The key under which a transaction leaves its mark in each store that it changes. */
export const markOf = (tx: string): string => `mark-${tx}`;

export class Ledger {
  readonly #entries = new Map<string, LedgerEntry>();

  note(tx: string, postings: readonly Posting[]): void {
    this.#entries.set(tx, { postings, told: undefined });
  }

  told(tx: string, outcome: Outcome): void {
    const entry = this.#entries.get(tx);
    if (entry) entry.told = outcome;
  }

  /** Compares with what the stores hold when all is over; reports what does not fit. */
  audit(contents: ReadonlyMap<string, StoreContents>, report: (property: string, message: string, tx?: string) => void): void {
    const balances = new Map<string, number>();
    for (const [tx, { postings, told }] of this.#entries) {
      const stores = [...new Set(postings.map(({ store }) => store))];
      const marked = stores.filter((store) => contents.get(store)?.has(markOf(tx)));
      if (marked.length > 0 && marked.length < stores.length) {
        report('Atomicity', `${tx} is in ${marked.join(', ')} and not in the others of ${stores.join(', ')}`, tx);
      }
      if (told === 'committed' && marked.length < stores.length) report('Durability', `${tx} was acknowledged, and is not there`, tx);
      if (told === 'aborted' && marked.length > 0) report('AnswerIsOutcome', `${tx} was reported as rolled back, and is there`, tx);
      if (marked.length === 0) continue;
      for (const { store, account, amount } of postings) {
        const key = `${store} ${account}`;
        balances.set(key, (balances.get(key) ?? 0) + amount);
      }
    }
    this.#compareBalances(balances, contents, report);
  }

  /** Each balance is the sum of what was posted to it: no update is lost, none is there twice, and so no money comes or goes. */
  #compareBalances(
    balances: ReadonlyMap<string, number>,
    contents: ReadonlyMap<string, StoreContents>,
    report: (property: string, message: string) => void,
  ): void {
    let total = 0;
    for (const [store, entries] of contents) {
      for (const [key, value] of entries) {
        if (key.startsWith('mark-')) {
          if (!this.#entries.has(key.slice('mark-'.length))) report('Atomicity', `${store} holds ${key}, which nobody wrote`);
          continue;
        }
        total += Number(value);
        const expected = balances.get(`${store} ${key}`) ?? 0;
        if (Number(value) !== expected)
          report('Isolation', `${key} in ${store} has ${value}, and what was posted to it comes to ${expected}`);
      }
    }
    if (total !== 0) report('Conservation', `all accounts together have ${total}, and money was only moved`);
  }
}
