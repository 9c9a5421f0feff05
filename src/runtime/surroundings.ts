import type { Environment } from '../protocol/environment.ts';
import type { TraceRecord } from '../protocol/recorded-run.ts';
import type { Configuration } from './configuration.ts';
import type { EffectPoint } from './effect-points.ts';
import type { Timeouts } from './options.ts';
import { Statistics } from './statistics.ts';
import type { NewTraceRecord } from './trace-steps.ts';

/** What every part of one running manager works in. */
export class Surroundings {
  readonly environment: Environment;
  readonly timeouts: Timeouts;
  readonly statistics = new Statistics();
  readonly #onTrace: ((record: TraceRecord) => void) | undefined;
  readonly #onEffect: ((point: EffectPoint) => void) | undefined;
  readonly #stop = new AbortController();
  readonly #onStop = new Set<() => void>();
  #seq = 0;

  constructor(environment: Environment, configuration: Pick<Configuration, 'timeouts' | 'onTrace' | 'onEffect'>) {
    this.environment = environment;
    this.timeouts = configuration.timeouts;
    this.#onTrace = configuration.onTrace;
    this.#onEffect = configuration.onEffect;
  }

  /** Aborts when the manager stops: from then on nothing is recorded, sent or attempted, as if the process had died. */
  get stopped(): AbortSignal {
    return this.#stop.signal;
  }

  stop(): void {
    this.#stop.abort();
    for (const tell of this.#onStop) tell();
  }

  /** Calls `tell` when the manager stops. */
  onStop(tell: () => void): void {
    this.#onStop.add(tell);
  }

  /**
   * An abort signal of one's own that follows {@link Surroundings.stopped}. Not that one itself: to add a listener takes time in
   * proportion to those there are, and there is one for each call to a store.
   *
   * @returns the signal, and what lets it go.
   */
  untilStopped(): { signal: AbortSignal; release: () => void } {
    const control = new AbortController();
    const tell = () => control.abort(this.stopped.reason);
    this.#onStop.add(tell);
    if (this.stopped.aborted) tell();
    return { signal: control.signal, release: () => this.#onStop.delete(tell) };
  }

  /** For durations: see {@link Environment.monotonicMs}. */
  monotonicMs(): number {
    return this.environment.monotonicMs?.() ?? this.environment.now();
  }

  /** Records one step, before its effects. */
  record(step: NewTraceRecord): void {
    const { tx, ...event } = step;
    this.#seq += 1;
    const header = { seq: this.#seq, at: this.environment.now(), ...(tx === undefined ? {} : { tx }) };
    tell(this.#onTrace, { ...header, ...event });
  }

  /** Announces an effect that is about to happen; returns what announces that it has. */
  announce(effect: string, tx: string, participant?: string): () => void {
    const point = { effect, tx, ...(participant === undefined ? {} : { participant }) };
    tell(this.#onEffect, { phase: 'before', ...point });
    return () => tell(this.#onEffect, { phase: 'after', ...point });
  }

  /** The network between a coordinator and its branches, which live in one process: in order, soon, and not now. */
  post(deliver: () => void): void {
    queueMicrotask(deliver);
  }
}

/** An observer's failure is a mistake in the program: it must be seen, and must not change what the observed does. */
function tell<Value>(observer: ((value: Value) => void) | undefined, value: Value): void {
  try {
    observer?.(value);
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}
