/** Figures of many measured ones. All by nearest rank: each is one of those that were measured. */

/** The value below which `share` of all are. */
export function quantile(values: readonly number[] | Float64Array, share: number): number {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

export function median(values: readonly number[] | Float64Array): number {
  return quantile(values, 0.5);
}

/** A median with the smallest and the largest of the values that it is of. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

export function spread(values: readonly number[]): Spread {
  return { median: median(values), min: Math.min(...values), max: Math.max(...values) };
}
