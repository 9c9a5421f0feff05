import type { CoordinatorHost } from './coordinator-host.ts';
import type { FaultRates } from './fault-rates.ts';
import type { PlannedFault } from './planned-fault.ts';
import type { Random } from './random.ts';
import { COORDINATOR, type SimulatedWorld } from './simulated-world.ts';
import type { Supervisor } from './supervisor.ts';

/** Lets go wrong what has a moment of its own: crashes, partitions, pauses and clocks. */
export class FaultDriver {
  readonly #world: SimulatedWorld;
  readonly #random: Random;
  readonly #coordinator: CoordinatorHost;
  /** By process, the coordinator's first. */
  readonly #supervisors: readonly Supervisor[];
  #isHealed = false;

  constructor(world: SimulatedWorld, coordinator: CoordinatorHost, supervisors: readonly Supervisor[]) {
    this.#world = world;
    this.#random = world.random.fork('fault driver');
    this.#coordinator = coordinator;
    this.#supervisors = supervisors;
  }

  start(rates: FaultRates, planned: readonly PlannedFault[]): void {
    const random = this.#random;
    this.#repeat(rates.crashes, () => this.#crash(random.pick(this.#supervisors), random.chance(0.5) ? 'power' : 'process'));
    this.#repeat(rates.pauses, () => this.#pause(random.pick(this.#supervisors), random.spread(5, 5_000)));
    this.#repeat(rates.clockFaults, () => this.#clockFault(random.pick(this.#supervisors)));
    this.#repeat(rates.partitions, () => this.#partition());
    this.#repeat(rates.restarts, () => this.#coordinator.restart().catch(ignore));
    this.#repeat(rates.rivals, () => this.#coordinator.rival().catch(ignore));
    for (const fault of planned) this.#plan(fault);
  }

  /** Nothing more goes wrong; what was stopped goes on, and clocks run as time does. They may still tell another time of day. */
  heal(): void {
    this.#isHealed = true;
    for (const { process } of this.#supervisors) {
      process.resume();
      process.clock.drift(1, this.#world.queue.nowMs);
    }
  }

  #repeat(perSecond: number, fault: () => void): void {
    if (perSecond === 0) return;
    this.#at(this.#random.untilNextMs(perSecond), () => {
      fault();
      this.#repeat(perSecond, fault);
    });
  }

  #at(delayMs: number, fault: () => void): void {
    this.#world.queue.schedule(delayMs, () => {
      if (!this.#isHealed) fault();
    });
  }

  /** Faults of single messages, file operations and effects are met on the way, see FaultSource. */
  #plan(fault: PlannedFault): void {
    if (!('atMs' in fault)) return;
    this.#at(fault.atMs, () => {
      if (fault.kind === 'partition') {
        this.#cut(this.#supervisor(fault.from).process.name, this.#supervisor(fault.to).process.name, fault.durationMs);
        return;
      }
      const supervisor = this.#supervisor(fault.process);
      if (fault.kind === 'crash') this.#crash(supervisor, fault.power ? 'power' : 'process');
      if (fault.kind === 'pause') this.#pause(supervisor, fault.durationMs);
      if (fault.kind === 'clock') {
        this.#jump(supervisor, fault.jumpMs);
        this.#drift(supervisor, fault.rate);
      }
    });
  }

  #crash(supervisor: Supervisor, why: 'process' | 'power'): void {
    if (supervisor.process.current === undefined) return;
    this.#world.statistics[supervisor.process.name === COORDINATOR ? 'coordinatorCrashes' : 'storeCrashes'] += 1;
    supervisor.crash(why);
  }

  #pause({ process }: Supervisor, durationMs: number): void {
    this.#world.statistics.pauses += 1;
    this.#world.trace.record(process.name, `stands still for ${durationMs.toFixed(0)} ms`);
    process.pause(durationMs);
  }

  #clockFault(supervisor: Supervisor): void {
    if (this.#random.chance(0.5)) this.#jump(supervisor, (this.#random.chance(0.5) ? -1 : 1) * this.#random.spread(1, 1e10));
    else this.#drift(supervisor, this.#random.spread(0.5, 2));
  }

  #jump({ process }: Supervisor, byMs: number): void {
    this.#world.statistics.clockJumps += 1;
    this.#world.trace.record(process.name, `has a clock that jumps by ${byMs.toFixed(0)} ms`);
    process.clock.jump(Math.round(byMs));
  }

  #drift({ process }: Supervisor, rate: number): void {
    this.#world.statistics.clockDrifts += 1;
    this.#world.trace.record(process.name, `has a clock that runs ${rate.toFixed(2)} times as fast`);
    process.clock.drift(rate, this.#world.queue.nowMs);
  }

  #partition(): void {
    const remotes = this.#supervisors.slice(1);
    if (remotes.length === 0) return;
    const remote = this.#random.pick(remotes).process.name;
    const [from, to] = this.#random.chance(0.5) ? [COORDINATOR, remote] : [remote, COORDINATOR];
    this.#cut(from, to, this.#random.spread(50, 8_000));
  }

  #cut(from: string, to: string, durationMs: number): void {
    if (from !== to) this.#world.network.cut(from, to, durationMs);
  }

  #supervisor(process: number): Supervisor {
    const supervisor = this.#supervisors[process % this.#supervisors.length];
    if (supervisor === undefined) throw new RangeError(`there is no process ${process}`);
    return supervisor;
  }
}

function ignore(): void {}
