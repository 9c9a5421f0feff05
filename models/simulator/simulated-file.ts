import { GrowingBytes } from './growing-bytes.ts';
import type { Random } from './random.ts';

/** What a disk usually writes whole or not at all; a controller without a capacitor may cut it too. */
const SECTOR_BYTES = 512;

/** Something that was done to the file and is not on stable storage: bytes at a position, or a new length. */
type Unflushed = { readonly bytes: Uint8Array; readonly position: number } | { readonly length: number };

/** One file: what readers see (the operating system's cache), what is on stable storage, and what is between them. */
export class SimulatedFile {
  readonly #cache = new GrowingBytes();
  readonly #durable = new GrowingBytes();
  #unflushed: Unflushed[] = [];

  get size(): number {
    return this.#cache.length;
  }

  /** How many writes and truncations wait for a flush. */
  get unflushed(): number {
    return this.#unflushed.length;
  }

  read(): Uint8Array {
    return this.#cache.view().slice();
  }

  /** What a reader would find after a power failure at this moment, without a copy. */
  durable(): Uint8Array {
    return this.#durable.view();
  }

  write(bytes: Uint8Array, position: number): void {
    const copy = bytes.slice();
    this.#cache.write(copy, position);
    this.#unflushed.push({ bytes: copy, position });
  }

  truncate(length: number): void {
    this.#cache.resize(length);
    this.#unflushed.push({ length });
  }

  /** The first `count` changes reach stable storage. */
  flush(count: number): void {
    for (const change of this.#unflushed.splice(0, count)) apply(this.#durable, change);
  }

  /**
   * A flush that fails, as Linux does it: the first `count` changes count as clean from now on, and whether they were written
   * nobody knows. Readers still see them, and no later flush looks at them again.
   */
  failFlush(count: number, random: Random): void {
    for (const change of this.#unflushed.splice(0, count)) if (random.chance(0.5)) apply(this.#durable, change);
  }

  /**
   * A power failure: of what was not flushed any part may be there, in any order, sector by sector; a file may have grown
   * without its contents. Tells whether anything was torn in two.
   */
  losePower(random: Random): boolean {
    let isTorn = false;
    for (const change of this.#unflushed.splice(0)) {
      const fate = random.below(4);
      if (fate === 0) apply(this.#durable, change);
      else if (fate === 1 && 'bytes' in change) isTorn = this.#tear(change, random) || isTorn;
      else if (fate === 2 && 'bytes' in change && random.chance(0.2)) {
        const end = change.position + change.bytes.length;
        if (end > this.#durable.length) this.#durable.resize(end);
      }
    }
    this.#cache.replaceBy(this.#durable);
    return isTorn;
  }

  /** Keeps some sectors of a write, and at times only the beginning of one. */
  #tear({ bytes, position }: { readonly bytes: Uint8Array; readonly position: number }, random: Random): boolean {
    let kept = 0;
    for (let start = 0; start < bytes.length; ) {
      const end = Math.min(bytes.length, start + SECTOR_BYTES - ((position + start) % SECTOR_BYTES));
      if (random.chance(0.5)) {
        const stop = random.chance(0.7) ? start + random.below(end - start + 1) : end;
        this.#durable.write(bytes.subarray(start, stop), position + start);
        kept += stop - start;
      }
      start = end;
    }
    return kept > 0 && kept < bytes.length;
  }
}

function apply(target: GrowingBytes, change: Unflushed): void {
  if ('bytes' in change) target.write(change.bytes, change.position);
  else target.resize(change.length);
}
