import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Benchmark, isMissing, type MissingSide, type Round, type Side, type Size } from './benchmark.ts';
import { median, quantile, type Spread, spread } from './statistics.ts';

/** What was measured of one side. */
export interface SideResult {
  readonly name: string;
  /** Of all operations of all rounds, in microseconds. */
  readonly medianMicros: number;
  readonly p99Micros: number;
  /** The medians of the rounds. */
  readonly roundsMicros: Spread;
  /** Operations a second, of the rounds. */
  readonly perSecond: Spread;
  /** This side's figure over the baseline's of the same round: how many times as long, or as many. */
  readonly ratio: Spread;
}

export interface BenchmarkResult extends Pick<Benchmark, 'name' | 'title' | 'load' | 'baseline' | 'figure'> {
  readonly rounds: number;
  readonly operationsPerRound: number;
  readonly sides: readonly SideResult[];
  readonly missing: readonly MissingSide[];
}

/**
 * Measures the sides turn by turn, A B A B, so that whatever else the machine does meets them alike. The first round of each warms it up
 * and does not count.
 */
export async function measure(
  benchmark: Benchmark,
  size: Size,
  onNews: (text: string) => void,
  signal: AbortSignal,
): Promise<BenchmarkResult> {
  const directory = await mkdtemp(join(tmpdir(), 'crossbound-bench-'));
  const sides: Side[] = [];
  try {
    const found = await benchmark.open({ size, directory, onNews });
    for (const side of found) if (!isMissing(side)) sides.push(side);
    const rounds = benchmark.rounds[size];
    const measured = new Map<Side, Round[]>(sides.map((side) => [side, []]));
    for (let round = 0; round <= rounds; round += 1) {
      for (const side of sides) {
        signal.throwIfAborted();
        onNews(`${benchmark.name}: ${round === 0 ? 'warming up' : `round ${round} of ${rounds}`}, ${side.name}`);
        const result = await side.round(benchmark.operations[size]);
        if (round > 0) measured.get(side)?.push(result);
      }
    }
    return resultOf(benchmark, size, measured, found.filter(isMissing));
  } finally {
    await Promise.allSettled(sides.map(async (side) => side.close?.()));
    await rm(directory, { recursive: true, force: true });
  }
}

function resultOf(
  benchmark: Benchmark,
  size: Size,
  measured: ReadonlyMap<Side, readonly Round[]>,
  missing: readonly MissingSide[],
): BenchmarkResult {
  const { name, title, load, baseline, figure } = benchmark;
  const figureOf = (round: Round): number => (figure === 'latency' ? median(round.latenciesMicros) : perSecondOf(round));
  const base = [...measured].find(([side]) => side.name === baseline)?.[1] ?? [];
  const sides = [...measured].map(([side, rounds]) => {
    const all = Float64Array.from(rounds.flatMap(({ latenciesMicros }) => [...latenciesMicros]));
    return {
      name: side.name,
      medianMicros: median(all),
      p99Micros: quantile(all, 0.99),
      roundsMicros: spread(rounds.map(({ latenciesMicros }) => median(latenciesMicros))),
      perSecond: spread(rounds.map(perSecondOf)),
      ratio: spread(rounds.map((round, index) => figureOf(round) / (base[index] ? figureOf(base[index]) : Number.NaN))),
    };
  });
  return {
    name,
    title,
    load,
    baseline,
    figure,
    rounds: benchmark.rounds[size],
    operationsPerRound: benchmark.operations[size],
    sides,
    missing,
  };
}

function perSecondOf({ operations, elapsedMicros }: Round): number {
  return (operations / elapsedMicros) * 1_000_000;
}
