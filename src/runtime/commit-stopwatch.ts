import type { CommitPhase } from './statistics.ts';
import type { Surroundings } from './surroundings.ts';

/** Times the phases of one commit, each from the end of the one before. */
export class CommitStopwatch {
  readonly #surroundings: Surroundings;
  readonly #startedAt: number;
  #phaseStartedAt: number;

  constructor(surroundings: Surroundings) {
    this.#surroundings = surroundings;
    this.#startedAt = surroundings.monotonicMs();
    this.#phaseStartedAt = this.#startedAt;
  }

  /** The phase ends here; the whole commit with the last one. */
  ends(phase: Exclude<CommitPhase, 'commit'>): void {
    const { statistics } = this.#surroundings;
    const now = this.#surroundings.monotonicMs();
    statistics.took(phase, now - this.#phaseStartedAt);
    this.#phaseStartedAt = now;
    if (phase === 'completion') statistics.took('commit', now - this.#startedAt);
  }
}
