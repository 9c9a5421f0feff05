import type { CoordinatorRecord } from '../protocol/log-record.ts';

/** The digits that mark one incarnation of a manager, from random bytes. */
export function newIncarnation(random: Uint8Array): string {
  return [...random].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** What the identifiers of one incarnation begin with. */
export function transactionPrefix(epoch: number, incarnation: string): string {
  return `e${epoch}-${incarnation}-`;
}

/** The prefixes of the incarnations before `epoch` that this log has seen. */
export function earlierPrefixes(records: readonly CoordinatorRecord[], epoch: number): string[] {
  return records.flatMap((record) =>
    record.type === 'Epoch' && record.epoch < epoch && record.incarnation !== undefined
      ? [transactionPrefix(record.epoch, record.incarnation)]
      : [],
  );
}

/**
 * Makes transaction identifiers that never come again: the epoch of the log, some random digits, in case that log is lost
 * and another one counts its epochs anew, and a number.
 */
export class TransactionIds {
  readonly #prefix: string;
  readonly #earlier: ReadonlySet<string>;
  #count = 0;

  constructor(prefix: string, earlier: Iterable<string>) {
    this.#prefix = prefix;
    this.#earlier = new Set(earlier);
  }

  next(): string {
    this.#count += 1;
    return `${this.#prefix}${this.#count}`;
  }

  /** Whether an earlier owner of this very log made it: of another's transactions this log knows nothing, not even by silence. */
  isOlder(transaction: string): boolean {
    return this.#earlier.has(transaction.slice(0, transaction.lastIndexOf('-') + 1));
  }

  /** Whether this or an earlier owner of this very log made it. */
  knows(transaction: string): boolean {
    return transaction.startsWith(this.#prefix) || this.isOlder(transaction);
  }
}
