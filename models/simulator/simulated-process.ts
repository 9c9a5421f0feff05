import type { EventQueue } from './event-queue.ts';
import { Incarnation } from './incarnation.ts';
import type { Random } from './random.ts';
import { SimulatedClock } from './simulated-clock.ts';
import type { SimulatedDisk } from './simulated-disk.ts';

/** A machine of the simulation with its disk and its clock, and the one program on it, which lives, dies and is started again. */
export class SimulatedProcess {
  readonly name: string;
  readonly queue: EventQueue;
  readonly disk: SimulatedDisk;
  readonly clock = new SimulatedClock();
  readonly #random: Random;
  #started = 0;
  #pausedUntilMs = 0;
  #current: Incarnation | undefined;

  constructor(name: string, queue: EventQueue, disk: SimulatedDisk, random: Random) {
    this.name = name;
    this.queue = queue;
    this.disk = disk;
    this.#random = random;
  }

  /** The one that lives, if any. */
  get current(): Incarnation | undefined {
    return this.#current?.isAlive ? this.#current : undefined;
  }

  /** How often it was started. */
  get started(): number {
    return this.#started;
  }

  get pausedUntilMs(): number {
    return this.#pausedUntilMs;
  }

  start(): Incarnation {
    this.#current = this.startBeside();
    return this.#current;
  }

  /** A second program on the same machine, by mistake. */
  startBeside(): Incarnation {
    this.#started += 1;
    return new Incarnation(this, this.#started, this.#random.fork(`incarnation ${this.#started}`));
  }

  /** Nothing happens in it for so long: swapped out, collecting garbage, or a virtual machine that is being moved. */
  pause(durationMs: number): void {
    this.#pausedUntilMs = Math.max(this.#pausedUntilMs, this.queue.nowMs + durationMs);
  }

  resume(): void {
    this.#pausedUntilMs = 0;
  }

  /** Its locks fall to the next one. */
  ended(incarnation: Incarnation): void {
    this.disk.releaseLocks(incarnation);
  }
}
