import type { Environment } from '../protocol/environment.ts';
import type { TraceRecord } from '../protocol/recorded-run.ts';
import type { Configuration } from './configuration.ts';
import { ignore } from './deadline.ts';
import type { EffectPoint } from './effect-points.ts';
import { Listeners } from './listeners.ts';
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
  readonly #onStop = new Listeners();
  #isStopped = false;
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

  /** Whether it has aborted. */
  get isStopped(): boolean {
    return this.#isStopped;
  }

  stop(): void {
    this.#isStopped = true;
    this.#stop.abort();
    this.#onStop.tellAll();
  }

  /** Calls `tell` when the manager stops, unless the returned function is called first. Call it only before. */
  onStop(tell: () => void): () => void {
    return this.#onStop.add(tell);
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
    const release = this.onStop(tell);
    if (this.#isStopped) tell();
    return { signal: control.signal, release };
  }

  /** For durations: see {@link Environment.monotonicMs}. */
  monotonicMs(): number {
    return this.environment.monotonicMs?.() ?? this.environment.now();
  }

  /** Whether anybody wants records: where not, on the path of every commit, none need be made. */
  get isTraced(): boolean {
    return this.#onTrace !== undefined;
  }

  /** Records one step, before its effects. */
  record(step: NewTraceRecord): void {
    if (this.#onTrace === undefined) return;
    const { tx, ...event } = step;
    this.#seq += 1;
    const header = { seq: this.#seq, at: this.environment.now(), ...(tx === undefined ? {} : { tx }) };
    tell(this.#onTrace, { ...header, ...event });
  }

  /** Announces an effect that is about to happen; returns what announces that it has. */
  announce(effect: string, tx: string, participant?: string): () => void {
    if (this.#onEffect === undefined) return ignore;
    const point = { effect, tx, ...(participant === undefined ? {} : { participant }) };
    tell(this.#onEffect, { phase: 'before', ...point });
    return () => tell(this.#onEffect, { phase: 'after', ...point });
  }

  /** The network between a coordinator and its branches, which live in one process: in order, soon, and not now. */
  post(deliver: () => void): void {
    // A third of the price of `queueMicrotask`, and like it in the caller's asynchronous context.
    void AT_ONCE.then(() => {
      try {
        deliver();
      } catch (error) {
        throwUncaught(error);
      }
    });
  }
}

/** An observer's failure is a mistake in the program: it must be seen, and must not change what the observed does. */
function tell<Value>(observer: ((value: Value) => void) | undefined, value: Value): void {
  try {
    observer?.(value);
  } catch (error) {
    throwUncaught(error);
  }
}

const AT_ONCE = Promise.resolve();

function throwUncaught(error: unknown): void {
  queueMicrotask(() => {
    throw error;
  });
}
