const LONGEST = 5_000;

/** Record number `index`: its length and all of its bytes follow from the number, so that whoever reads it can tell. */
export function soakRecord(index: number): Uint8Array {
  const seed = Math.imul(index + 1, 2_654_435_761) >>> 0;
  const length = index % 7 === 0 ? 1 + (seed % LONGEST) : 1 + (seed % 100);
  return Uint8Array.from({ length }, (_, at) => (seed >>> (at & 15)) + at);
}
