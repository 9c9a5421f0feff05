const OWN_FORM = /^e([0-9]+)-/;

/**
 * Makes transaction identifiers that never come again: the epoch of the log, some random digits, in case that log is lost
 * and another one counts its epochs anew, and a number.
 */
export class TransactionIds {
  readonly #epoch: number;
  readonly #prefix: string;
  #count = 0;

  constructor(epoch: number, random: Uint8Array) {
    this.#epoch = epoch;
    this.#prefix = `e${epoch}-${[...random].map((byte) => byte.toString(16).padStart(2, '0')).join('')}-`;
  }

  next(): string {
    this.#count += 1;
    return `${this.#prefix}${this.#count}`;
  }

  /** Whether an earlier owner of the log made it. */
  isOlder(transaction: string): boolean {
    const epoch = OWN_FORM.exec(transaction)?.[1];
    return epoch !== undefined && Number(epoch) < this.#epoch;
  }
}
