import { FileDecisionLog } from '../../src/log/file-decision-log.ts';
import { LockedError } from '../../src/protocol/errors.ts';
import type { TraceRecord } from '../../src/protocol/recorded-run.ts';
import { createCrossbound } from '../../src/runtime/create-crossbound.ts';
import type { Crossbound } from '../../src/runtime/crossbound.ts';
import type { Timeouts } from '../../src/runtime/options.ts';
import type { Participant } from '../../src/runtime/participant.ts';
import type { Incarnation } from './incarnation.ts';
import { RemoteStore, type SendRequest } from './remote-store.ts';
import { simulatedEnvironment } from './simulated-environment.ts';
import type { SimulatedProcess } from './simulated-process.ts';
import { COORDINATOR, passing, type SimulatedWorld } from './simulated-world.ts';
import type { SimulatedStore } from './simulation-parts.ts';
import type { StoreHost } from './store-host.ts';
import { Supervisor } from './supervisor.ts';

/** Short, so that a run of seconds meets all of them. */
const TIMEOUTS: Timeouts = {
  transactionMs: 4_000,
  lockMs: 800,
  prepareMs: 2_500,
  decisionMs: 1_500,
  attemptMs: 2_000,
  settleMs: 1_000,
  openMs: 10_000,
  recoveryMs: 20_000,
  abandonMs: 8_000,
  closeMs: 2_000,
};

/** An open manager, and the life of the process that it lives in. */
export interface CoordinatorSession {
  readonly manager: Crossbound;
  readonly incarnation: Incarnation;
}

/** How many transactions the manager takes. */
export interface AdmissionBounds {
  readonly maxActive: number;
  readonly maxQueued: number;
}

/** The transaction manager, as it is, with the process that it lives in and the stores that live there with it. */
export class CoordinatorHost {
  readonly supervisor: Supervisor;
  /** All that the manager recorded, of all its lives. */
  readonly records: TraceRecord[] = [];
  readonly #world: SimulatedWorld;
  readonly #locals: readonly SimulatedStore[];
  readonly #remotes: readonly StoreHost[];
  readonly #bounds: AdmissionBounds;
  #session: CoordinatorSession | undefined;
  #isClosing = false;
  #opening = Promise.withResolvers<CoordinatorSession>();

  constructor(
    process: SimulatedProcess,
    world: SimulatedWorld,
    locals: readonly SimulatedStore[],
    remotes: readonly StoreHost[],
    bounds: AdmissionBounds,
  ) {
    this.#world = world;
    this.#locals = locals;
    this.#remotes = remotes;
    this.#bounds = bounds;
    this.supervisor = new Supervisor(process, world, (incarnation) => {
      this.#run(incarnation).catch((error: unknown) => this.supervisor.failed(incarnation, error));
    });
  }

  /** The session that is open now, if any. */
  get session(): CoordinatorSession | undefined {
    return this.#session?.incarnation.isAlive ? this.#session : undefined;
  }

  /** Whether it is open, and neither works on any transaction nor is being closed. */
  get isIdle(): boolean {
    const stats = this.session?.manager.stats();
    return stats !== undefined && stats.active === 0 && stats.recovering === 0 && !this.#isClosing;
  }

  /** The session that is open now, or the next one. */
  async opened(): Promise<CoordinatorSession> {
    const { session } = this;
    if (session) return session;
    if (this.#session) {
      this.#session = undefined;
      this.#opening = Promise.withResolvers();
    }
    return this.#opening.promise;
  }

  /** Closes the manager, as an operator would, and starts the process again; one that does not close in time is killed. */
  async restart(): Promise<void> {
    const { session } = this;
    if (session === undefined || this.#isClosing) return;
    this.#isClosing = true;
    this.#world.statistics.restarts += 1;
    this.#world.trace.record(COORDINATOR, 'is being closed');
    await Promise.race([session.manager.close().catch(() => undefined), passing(this.#world.queue, 20_000)]);
    this.#isClosing = false;
    if (session.incarnation.isAlive) this.supervisor.crash('process', 10);
  }

  /** Starts a second manager beside the first: it must find the log locked, and touch nothing. */
  async rival(): Promise<void> {
    const { session } = this;
    if (session === undefined) return;
    this.#world.statistics.rivals += 1;
    const rival = this.supervisor.process.startBeside();
    const life = Promise.race([rival.died, session.incarnation.died]).then(() => 'over' as const);
    const opened = await Promise.race([this.#open(rival).catch((error: unknown) => error), life]);
    if (opened !== 'over' && session.incarnation.isAlive && !(opened instanceof LockedError)) {
      this.#world.report('OneOwner', 'a second manager has opened the decision log of one that lives');
    }
    rival.kill();
  }

  async #run(incarnation: Incarnation): Promise<void> {
    const manager = await this.#open(incarnation);
    if (!incarnation.isAlive) return;
    if (incarnation.number > 1) this.#world.statistics.coordinatorRecoveries += 1;
    this.#world.statistics.recoveredBranches += manager.stats().recovering;
    if (this.#session) this.#opening = Promise.withResolvers();
    this.#session = { manager, incarnation };
    this.#opening.resolve(this.#session);
  }

  #open(incarnation: Incarnation): Promise<Crossbound> {
    const { parts } = this.#world;
    const real = simulatedEnvironment(this.supervisor.process, incarnation);
    const environment = parts.environment?.(real, COORDINATOR) ?? real;
    const locals = this.#locals.map((store) => {
      const created = store.create();
      return parts.participant?.(created, environment) ?? created;
    });
    const remotes = this.#remotes.map((host): Participant => {
      const send: SendRequest = (request, reply) => host.request(incarnation, request, reply);
      const remote = new RemoteStore(host.store.name, incarnation.number, send);
      return parts.remote?.(remote) ?? remote;
    });
    const log = new FileDecisionLog(environment, { directory: COORDINATOR });
    return createCrossbound({
      name: COORDINATOR,
      log: parts.log?.(log, environment) ?? log,
      participants: [...locals, ...remotes],
      environment,
      timeouts: TIMEOUTS,
      limits: this.#bounds,
      onTrace: (record) => {
        if (incarnation.isAlive) this.#record(record);
      },
      onEffect: () => {
        if (incarnation.isAlive && incarnation === this.supervisor.process.current) this.#passEffect();
      },
    });
  }

  #record(record: TraceRecord): void {
    this.records.push(record);
    this.#world.trace.record(COORDINATOR, JSON.stringify(record));
  }

  #passEffect(): void {
    const why = this.#world.faults.crashAtEffect();
    if (why === undefined) return;
    this.#world.statistics.effectCrashes += 1;
    this.supervisor.crash(why);
  }
}
