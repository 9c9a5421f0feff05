import type { TraceRecord } from '../../src/protocol/recorded-run.ts';
import { CoordinatorHost } from './coordinator-host.ts';
import { EventQueue } from './event-queue.ts';
import { FaultDriver } from './fault-driver.ts';
import { drawFaultRates, type FaultRates } from './fault-rates.ts';
import { FaultSource } from './fault-source.ts';
import { finish } from './finish-simulation.ts';
import { Ledger } from './ledger.ts';
import { LogWatcher } from './log-watcher.ts';
import { OutcomeOracle } from './outcome-oracle.ts';
import type { PlannedFault } from './planned-fault.ts';
import { Random } from './random.ts';
import { RunTrace } from './run-trace.ts';
import { type DiskObserver, SimulatedDisk } from './simulated-disk.ts';
import { SimulatedNetwork } from './simulated-network.ts';
import { SimulatedProcess } from './simulated-process.ts';
import { COORDINATOR, type SimulatedWorld } from './simulated-world.ts';
import { journalStore, type SimulatedStore, type SimulationParts } from './simulation-parts.ts';
import { emptyStatistics, type SimulationStatistics } from './statistics.ts';
import { StoreHost } from './store-host.ts';
import type { Supervisor } from './supervisor.ts';
import { TransferClients } from './transfer-clients.ts';
import type { Violation } from './violation.ts';

/** With faults all the time nobody promises an end: so long, in virtual milliseconds, before they stop anyway. */
const FAULT_PHASE_MS = 300_000;

/** What one simulation is to be. */
export interface SimulationOptions {
  /** Decides everything that is not given: an integer from 0 to 2^31 - 1. */
  readonly seed: number;
  /** How many transactions the clients begin. Default 200. */
  readonly transactions?: number;
  /** How many clients there are at a time. Default: 2 to 12, as the seed says. */
  readonly clients?: number;
  /** At least two, each under a name of its own. Default: two to four userspace journals, most of them remote. */
  readonly stores?: readonly SimulatedStore[];
  /** Default: drawn from the seed, about half of the kinds. */
  readonly rates?: FaultRates;
  /** Faults in places of their own, beside those that come by their rates. */
  readonly faults?: readonly PlannedFault[];
  /** Parts in the place of real ones. Default: all are real. */
  readonly parts?: SimulationParts;
  /** Told each line of the trace. */
  readonly onLine?: (line: string) => void;
}

/** What became of a simulation. */
export interface SimulationResult {
  readonly seed: number;
  /** Empty where all is well. The simulation ends with the first one; more than one were found at the same moment. */
  readonly violations: readonly Violation[];
  readonly statistics: SimulationStatistics;
  /** SHA-256 of the whole trace: the same seed and options give the same hash. */
  readonly traceHash: string;
  /** The last lines of the trace. */
  readonly tail: readonly string[];
  /** What the transaction manager recorded, of all its lives, for `projectRun`. */
  readonly records: readonly TraceRecord[];
}

/**
 * Runs the real transaction manager, with real logs and participants, in a world of which the seed decides everything: time,
 * timers, randomness, disks, the network, and what goes wrong with them. Takes some hundredths of a second of real time.
 *
 * @throws RangeError where there are fewer than two stores.
 */
export async function simulate(options: SimulationOptions): Promise<SimulationResult> {
  const random = new Random(options.seed);
  const shape = random.fork('shape');
  const stores = options.stores ?? drawStores(shape);
  if (stores.length < 2) throw new RangeError('A simulation moves money between stores: give at least two.');
  const simulation = new Simulation(random, stores, options);
  await simulation.run(options.clients ?? 2 + shape.below(11));
  return simulation.result(options.seed);
}

function drawStores(random: Random): readonly SimulatedStore[] {
  const count = 2 + random.below(3);
  return Array.from({ length: count }, (_, index) =>
    journalStore(`store-${index + 1}`, index === 0 && random.chance(0.5) ? 'local' : 'remote'),
  );
}

class Simulation {
  readonly #world: SimulatedWorld;
  readonly #violations: Violation[] = [];
  readonly #stores: readonly SimulatedStore[];
  readonly #hosts: readonly StoreHost[];
  readonly #coordinator: CoordinatorHost;
  readonly #watcher: LogWatcher;
  readonly #ledger = new Ledger();
  readonly #clients: TransferClients;
  readonly #driver: FaultDriver;
  readonly #planned: readonly PlannedFault[];
  readonly #rates: FaultRates;

  constructor(random: Random, stores: readonly SimulatedStore[], options: SimulationOptions) {
    this.#stores = stores;
    this.#planned = options.faults ?? [];
    this.#rates = options.rates ?? drawFaultRates(random.fork('fault rates'));
    const remotes = stores.filter(({ place }) => place === 'remote');
    const journals = stores.filter(({ hasJournal }) => hasJournal).map(({ name }) => name);
    this.#world = this.#createWorld(random, [COORDINATOR, ...remotes.map(({ name }) => name)], journals, options);
    this.#watcher = new LogWatcher(this.#world, journals);
    this.#hosts = remotes.map((store) => new StoreHost(store, this.#createProcess(store.name), this.#world));
    const locals = stores.filter(({ place }) => place === 'local');
    const bounds = random.fork('admission').chance(0.2) ? { maxActive: 4, maxQueued: 3 } : { maxActive: 1_000, maxQueued: 1_000 };
    this.#coordinator = new CoordinatorHost(this.#createProcess(COORDINATOR), this.#world, locals, this.#hosts, bounds);
    const names = stores.map(({ name }) => name);
    this.#clients = new TransferClients(this.#world, this.#coordinator, names, this.#ledger, options.transactions ?? 200);
    this.#driver = new FaultDriver(this.#world, this.#coordinator, this.#supervisors);
  }

  async run(clients: number): Promise<void> {
    const { queue, faults, network, trace } = this.#world;
    for (const supervisor of this.#supervisors) supervisor.start();
    this.#driver.start(this.#rates, this.#planned);
    this.#clients.start(clients);
    await queue.runUntil(() => this.#isOver || this.#clients.areDone, FAULT_PHASE_MS);
    trace.record('world', 'is healed');
    faults.heal();
    network.heal();
    this.#driver.heal();
    if (this.#isOver) return;
    await finish({
      world: this.#world,
      coordinator: this.#coordinator,
      hosts: this.#hosts,
      stores: this.#stores,
      clients: this.#clients,
      ledger: this.#ledger,
      watcher: this.#watcher,
      isOver: () => this.#isOver,
    });
  }

  result(seed: number): SimulationResult {
    const { queue, statistics, trace } = this.#world;
    statistics.events = queue.executed;
    statistics.virtualMs = Math.round(queue.nowMs);
    const { records } = this.#coordinator;
    return { seed, violations: this.#violations, statistics, tail: trace.tail, traceHash: trace.digest(), records };
  }

  get #isOver(): boolean {
    return this.#violations.length > 0;
  }

  get #supervisors(): readonly Supervisor[] {
    return [this.#coordinator, ...this.#hosts].map(({ supervisor }) => supervisor);
  }

  #createWorld(random: Random, processes: readonly string[], journals: readonly string[], options: SimulationOptions): SimulatedWorld {
    const queue = new EventQueue();
    const statistics = emptyStatistics();
    const trace = new RunTrace(queue, options.onLine);
    const faults = new FaultSource(random.fork('faults'), this.#rates, this.#planned, processes, statistics);
    const report = (property: string, message: string, tx?: string) => {
      trace.record('oracle', `${property}: ${message}`);
      this.#violations.push({ property, message, atMs: queue.nowMs, ...(tx === undefined ? {} : { tx }) });
    };
    return {
      queue,
      random,
      trace,
      statistics,
      faults,
      network: new SimulatedNetwork(queue, faults, trace, statistics),
      oracle: new OutcomeOracle(journals, report),
      parts: options.parts ?? {},
      report,
    };
  }

  #createProcess(name: string): SimulatedProcess {
    const { queue, random, faults } = this.#world;
    const disk = new SimulatedDisk(name, random.fork(`disk of ${name}`), faults, this.#diskObserver(name));
    return new SimulatedProcess(name, queue, disk, random.fork(`process ${name}`));
  }

  #diskObserver(machine: string): DiskObserver {
    const { trace, statistics } = this.#world;
    const supervisor = () => this.#supervisors.find(({ process }) => process.name === machine);
    return {
      flushed: (path, durable) => {
        statistics.flushes += 1;
        trace.record(machine, `has flushed ${path}: ${durable.length} bytes`);
        this.#watcher.flushed(path, durable);
      },
      survived: (path, durable) => this.#watcher.survived(path, durable),
      torn: (path) => {
        statistics.tornWrites += 1;
        trace.record(machine, `has torn a write to ${path}`);
      },
      slow: () => {
        statistics.slowFlushes += 1;
      },
      losesPower: () => {
        statistics.flushCrashes += 1;
        supervisor()?.crash('power');
      },
      failed: (what) => {
        trace.record(machine, `fails to ${what}`);
        supervisor()?.mendSoon();
      },
    };
  }
}
