/**
 * Decides from answers and their absence whether a participant is trusted. It may be wrong: in a system without bounds on delays nothing can tell a slow
 * one from one that is gone (Chandra and Toueg, Unreliable Failure Detectors, 1996). So what it says changes what is begun, never what is decided.
 */
export interface FailureDetector {
  readonly isSuspected: boolean;
  /** It has answered. */
  answered(): void;
  /** It did not answer in time, or with an error. */
  missed(): void;
}

/** Suspects after a number of misses in a row, and trusts again with the first answer. */
export class MissCounter implements FailureDetector {
  readonly #maxMisses: number;
  #misses = 0;

  constructor(maxMisses: number) {
    this.#maxMisses = maxMisses;
  }

  get isSuspected(): boolean {
    return this.#misses >= this.#maxMisses;
  }

  answered(): void {
    this.#misses = 0;
  }

  missed(): void {
    this.#misses += 1;
  }
}
