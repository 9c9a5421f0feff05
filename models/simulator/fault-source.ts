import { type FaultRates, noFaults } from './fault-rates.ts';
import type { PlannedFault } from './planned-fault.ts';
import type { Random } from './random.ts';
import type { SimulationStatistics } from './statistics.ts';

/** What can be done with an open file and may fail. */
export type FileOperation = 'read' | 'write' | 'sync' | 'truncate';

/** What becomes of a message: how long each of its copies takes; none of them, where it is lost. */
export type MessageFate = readonly number[];

type PlannedMessageFault = Extract<PlannedFault, { kind: 'lose' | 'duplicate' | 'delay' }>;

/** Decides what goes wrong with single messages, file operations and effects: at random, by the rates, and as planned. */
export class FaultSource {
  readonly #random: Random;
  readonly #statistics: SimulationStatistics;
  readonly #processes: readonly string[];
  readonly #planned: readonly PlannedFault[];
  /** How many messages each link has had, operations each machine, and effects the coordinator. */
  readonly #counts = new Map<string, number>();
  #rates: FaultRates;
  #isHealed = false;

  constructor(
    random: Random,
    rates: FaultRates,
    planned: readonly PlannedFault[],
    processes: readonly string[],
    statistics: SimulationStatistics,
  ) {
    this.#random = random;
    this.#rates = rates;
    this.#planned = planned;
    this.#processes = processes;
    this.#statistics = statistics;
  }

  get rates(): FaultRates {
    return this.#rates;
  }

  /** From now on nothing goes wrong. */
  heal(): void {
    this.#rates = noFaults;
    this.#isHealed = true;
  }

  messageFate(from: string, to: string): MessageFate {
    const travelMs = this.#random.spread(0.1, 3);
    const planned = this.#plannedFor(from, to);
    const { loss, duplication, slowMessages } = this.#rates;
    if (planned === 'lose' || this.#random.chance(loss)) {
      this.#statistics.lostMessages += 1;
      return [];
    }
    const isSlow = planned === 'delay' || this.#random.chance(slowMessages);
    if (isSlow) this.#statistics.overtakenMessages += 1;
    const first = isSlow ? travelMs + this.#random.spread(5, 4_000) : travelMs;
    if (planned !== 'duplicate' && !this.#random.chance(duplication)) return [first];
    this.#statistics.duplicatedMessages += 1;
    return [first, first + this.#random.spread(0.1, 4_000)];
  }

  /** The error code that an operation on the disk of `machine` fails with, if it does. */
  fileError(machine: string, operation: FileOperation): 'ENOSPC' | 'EIO' | undefined {
    if (operation !== 'write' && operation !== 'sync') return undefined;
    const count = this.#count(`${machine} ${operation}`);
    const isPlanned = this.#planned.some(
      (fault) =>
        fault.kind === 'diskError' && this.#nameOf(fault.process) === machine && fault.operation === operation && fault.count === count,
    );
    if (this.#isHealed || !(isPlanned || this.#random.chance(this.#rates.diskErrors))) return undefined;
    const code = operation === 'write' && this.#random.chance(0.7) ? 'ENOSPC' : 'EIO';
    this.#statistics[code === 'EIO' ? 'diskErrors' : 'fullDisks'] += 1;
    return code;
  }

  /** How the coordinator dies at this effect, if it does. */
  crashAtEffect(): 'process' | 'power' | undefined {
    const count = this.#count('effects');
    const planned = this.#planned.find((fault) => fault.kind === 'crashAtEffect' && fault.effect === count);
    if (this.#isHealed) return undefined;
    if (planned?.kind === 'crashAtEffect') return planned.power ? 'power' : 'process';
    if (!this.#random.chance(this.#rates.effectCrashes)) return undefined;
    return this.#random.chance(0.5) ? 'power' : 'process';
  }

  #plannedFor(from: string, to: string): PlannedMessageFault['kind'] | undefined {
    const count = this.#count(`${from} > ${to}`);
    if (this.#isHealed) return undefined;
    const fault = this.#planned.find(
      (candidate): candidate is PlannedMessageFault =>
        'message' in candidate && candidate.message === count && this.#nameOf(candidate.from) === from && this.#nameOf(candidate.to) === to,
    );
    return fault?.kind;
  }

  #nameOf(process: number): string | undefined {
    return this.#processes[process % this.#processes.length];
  }

  #count(what: string): number {
    const count = this.#counts.get(what) ?? 0;
    this.#counts.set(what, count + 1);
    return count;
  }
}
