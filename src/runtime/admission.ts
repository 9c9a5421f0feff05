import type { Environment } from '../protocol/environment.ts';
import { CrossboundError } from '../protocol/errors.ts';

/** How many may be inside, and how many may wait for that. */
export interface AdmissionLimits {
  readonly maxActive: number;
  readonly maxQueued: number;
}

interface Waiter {
  readonly admit: () => void;
  readonly refuse: (error: unknown) => void;
}

/** Bounds the transactions that run at once. Those that find no place wait in a bounded queue, first come, first served. */
export class Admission {
  readonly #environment: Pick<Environment, 'setTimer'>;
  readonly #limits: AdmissionLimits;
  readonly #queue = new Set<Waiter>();
  #active = 0;

  constructor(environment: Pick<Environment, 'setTimer'>, limits: AdmissionLimits) {
    this.#environment = environment;
    this.#limits = limits;
  }

  get active(): number {
    return this.#active;
  }

  get queued(): number {
    return this.#queue.size;
  }

  /** Takes a place where there is one at once, which {@link Admission.leave} gives back. */
  tryEnter(): boolean {
    if (this.#active >= this.#limits.maxActive) return false;
    this.#active += 1;
    return true;
  }

  /** Resolves with a place, which {@link Admission.leave} gives back. */
  async enter(timeoutMs: number, signal: AbortSignal | undefined): Promise<void> {
    const { maxActive, maxQueued } = this.#limits;
    if (this.tryEnter()) return;
    if (this.#queue.size >= maxQueued) {
      throw overloaded(
        `${maxActive} transactions are under way and ${maxQueued} more wait, the bounds limits.maxActive and limits.maxQueued.`,
      );
    }
    await this.#wait(timeoutMs, signal);
  }

  /** The place goes to the one who has waited longest. */
  leave(): void {
    const [next] = this.#queue;
    if (next) next.admit();
    else this.#active -= 1;
  }

  /** Ends all waiting. */
  refuseAll(error: Error): void {
    for (const { refuse } of [...this.#queue]) refuse(error);
  }

  #wait(timeoutMs: number, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const done = () => {
        this.#queue.delete(waiter);
        cancel();
        signal?.removeEventListener('abort', onAbort);
      };
      const refuse = (error: unknown) => {
        done();
        reject(error);
      };
      const admit = () => {
        done();
        resolve();
      };
      const waiter: Waiter = { admit, refuse };
      const onAbort = () => refuse(signal?.reason);
      const cancel = this.#environment.setTimer(timeoutMs, () =>
        refuse(overloaded(`No transaction ended within ${timeoutMs} ms, and ${this.#limits.maxActive} are under way (limits.maxActive).`)),
      );
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#queue.add(waiter);
    });
  }
}

function overloaded(why: string): CrossboundError {
  return new CrossboundError('OVERLOADED', 'retryable', `${why} Nothing was begun; try again later.`);
}
