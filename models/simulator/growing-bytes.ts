/** Bytes that can be written anywhere: what lies between is zero, as in a file. */
export class GrowingBytes {
  #bytes = new Uint8Array(256);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** All of it, without a copy. */
  view(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  write(bytes: Uint8Array, position: number): void {
    const end = position + bytes.length;
    if (end > this.#length) this.resize(end);
    this.#bytes.set(bytes, position);
  }

  resize(length: number): void {
    if (length > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(length, 2 * this.#bytes.length));
      grown.set(this.view());
      this.#bytes = grown;
    }
    // What was cut off must not come back when the file grows again.
    if (length < this.#length) this.#bytes.fill(0, length, this.#length);
    this.#length = length;
  }

  replaceBy(other: GrowingBytes): void {
    this.resize(0);
    this.write(other.view(), 0);
  }
}
