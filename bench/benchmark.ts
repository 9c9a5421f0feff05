/** What a benchmark is made of: several sides that do the same work, measured turn by turn within one run. */

/** How much is measured. `smallest` only shows that everything runs. */
export type Size = 'full' | 'quick' | 'smallest';

/** What one side did in one round. */
export interface Round {
  /** How long each operation, or each operation of a batch on average, took, in microseconds. */
  readonly latenciesMicros: readonly number[] | Float64Array;
  readonly operations: number;
  readonly elapsedMicros: number;
}

/** One of the things that are compared. */
export interface Side {
  readonly name: string;
  /** Does `operations` of them and times them. */
  round(operations: number): Promise<Round> | Round;
  close?(): Promise<unknown>;
}

/** A side that cannot be measured here, and why. */
export interface MissingSide {
  readonly name: string;
  readonly missing: string;
}

/** Sides that do the same work under the same load. */
export interface Benchmark {
  /** For `--only`. */
  readonly name: string;
  readonly title: string;
  /** The load: one at a time, or so many at once. Figures of different loads are never in one table. */
  readonly load: string;
  /** What ratios are relative to: the name of one side. */
  readonly baseline: string;
  /** What the figure of a side is: how long one takes, or how many there are in a second. */
  readonly figure: 'latency' | 'throughput';
  /** How many operations a side does in a round, by size, and how many rounds there are. */
  readonly operations: Readonly<Record<Size, number>>;
  readonly rounds: Readonly<Record<Size, number>>;
  /** Makes the sides; they are closed when all rounds are over. */
  open(context: BenchmarkContext): Promise<readonly (Side | MissingSide)[]>;
}

export interface BenchmarkContext {
  readonly size: Size;
  /** An empty directory for the files of this benchmark; removed afterwards. */
  readonly directory: string;
  /** Says what takes so long. */
  readonly onNews: (text: string) => void;
}

export function isMissing(side: Side | MissingSide): side is MissingSide {
  return 'missing' in side;
}
