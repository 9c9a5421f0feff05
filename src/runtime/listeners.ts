/**
 * Those who want to be told of something once. A linked list and no Set: a Set that many are added to and removed from
 * leaves behind it a chain of outgrown tables, which V8 keeps, with all that was in them, until the next full collection.
 */
export class Listeners {
  #first: Listener | undefined;
  #last: Listener | undefined;

  /** Returns what removes it. */
  add(tell: () => void): () => void {
    const listener: Listener = { tell, before: this.#last, after: undefined, isListed: true };
    if (this.#last) this.#last.after = listener;
    else this.#first = listener;
    this.#last = listener;
    return () => this.#remove(listener);
  }

  /** Tells all, also those who are added meanwhile. */
  tellAll(): void {
    while (this.#first) {
      const { tell } = this.#first;
      this.#remove(this.#first);
      tell();
    }
  }

  #remove(listener: Listener): void {
    if (!listener.isListed) return;
    const { before, after } = listener;
    if (before) before.after = after;
    else this.#first = after;
    if (after) after.before = before;
    else this.#last = before;
    listener.isListed = false;
    // An old listener must not keep a young one from being collected.
    listener.before = undefined;
    listener.after = undefined;
  }
}

interface Listener {
  readonly tell: () => void;
  before: Listener | undefined;
  after: Listener | undefined;
  isListed: boolean;
}
