import { crc32 } from 'node:zlib';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

/**
 * A stream of random numbers that its seed decides: xoroshiro128+, of the package that fast-check uses. Each concern of a
 * simulation draws from a stream of its own, so that one more message does not change which account a client picks.
 */
export class Random {
  readonly #seed: number;
  readonly #generator: ReturnType<typeof xoroshiro128plus>;

  constructor(seed: number) {
    this.#seed = seed;
    this.#generator = xoroshiro128plus(seed);
  }

  /** The stream for one concern: the same for the same seed and label, whatever was drawn before. */
  fork(label: string): Random {
    return new Random(crc32(label, this.#seed));
  }

  /** Uniform in [0, 1). */
  next(): number {
    return (this.#generator.next() >>> 0) / 2 ** 32;
  }

  chance(probability: number): boolean {
    return probability > 0 && this.next() < probability;
  }

  /** Uniform among 0, 1, ..., `bound - 1`. */
  below(bound: number): number {
    return Math.floor(this.next() * bound);
  }

  between(min: number, max: number): number {
    return min + this.next() * (max - min);
  }

  /** Between `min` and `max`, each order of magnitude as likely as the next. */
  spread(min: number, max: number): number {
    return min * (max / min) ** this.next();
  }

  /** Waiting time until the next of events that come `perSecond` on average, in milliseconds. */
  untilNextMs(perSecond: number): number {
    return (-Math.log(1 - this.next()) / perSecond) * 1000;
  }

  /** One of `choices`, of which there is at least one. */
  pick<Choice>(choices: readonly Choice[]): Choice {
    const choice = choices[this.below(choices.length)];
    if (choice === undefined) throw new RangeError('there is nothing to pick from');
    return choice;
  }

  /** `count` different ones of `choices`, in random order. */
  sample<Choice>(choices: readonly Choice[], count: number): Choice[] {
    const left = [...choices];
    return Array.from({ length: Math.min(count, left.length) }, () => left.splice(this.below(left.length), 1)).flat();
  }

  bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.below(256));
  }
}
