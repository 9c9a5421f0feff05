import type { EventQueue } from './event-queue.ts';
import type { Random } from './random.ts';

/** Where a process lives. */
interface Machine {
  readonly queue: EventQueue;
  /** Nothing happens in the process before, in virtual milliseconds. */
  readonly pausedUntilMs: number;
  /** Takes back what only the living may hold. */
  ended(incarnation: Incarnation): void;
}

/**
 * One life of a process. Once it is over no timer of it fires, no file operation of it completes, nothing that it sends
 * leaves, and whoever listens to it looks away: what its code still does in memory nobody can see.
 */
export class Incarnation {
  readonly number: number;
  readonly random: Random;
  readonly #machine: Machine;
  readonly #death = Promise.withResolvers<void>();
  readonly #underWay = new Set<() => void>();
  #isAlive = true;

  constructor(machine: Machine, number: number, random: Random) {
    this.#machine = machine;
    this.number = number;
    this.random = random;
  }

  get isAlive(): boolean {
    return this.#isAlive;
  }

  /** Resolves when it dies. */
  get died(): Promise<void> {
    return this.#death.promise;
  }

  /** Runs `run` after `delayMs`, or when the process is no longer paused; never after its death. */
  schedule(delayMs: number, run: () => void): () => void {
    if (!this.#isAlive) return () => undefined;
    const { queue } = this.#machine;
    const fire = () => {
      if (!this.#isAlive) return;
      const waitMs = this.#machine.pausedUntilMs - queue.nowMs;
      if (waitMs > 0) cancel = queue.schedule(waitMs, fire);
      else run();
    };
    let cancel = queue.schedule(delayMs, fire);
    return () => cancel();
  }

  /** Takes a message from outside: at once, or when the process is no longer paused. */
  receive(take: () => void): void {
    if (this.#machine.pausedUntilMs > this.#machine.queue.nowMs) this.schedule(0, take);
    else if (this.#isAlive) take();
  }

  /** As {@link Incarnation.schedule} for what the operating system does: when the process dies before, it calls `interrupted`. */
  scheduleForSystem(delayMs: number, run: () => void, interrupted: () => void): void {
    if (!this.#isAlive) return;
    this.#underWay.add(interrupted);
    this.schedule(delayMs, () => {
      this.#underWay.delete(interrupted);
      run();
    });
  }

  /** Ends it in the middle of whatever it does. */
  kill(): void {
    if (!this.#isAlive) return;
    this.#isAlive = false;
    for (const interrupted of this.#underWay) interrupted();
    this.#underWay.clear();
    this.#machine.ended(this);
    this.#death.resolve();
  }
}
