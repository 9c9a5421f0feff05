/**
 * Runs a workload for real, and kills what runs it: transfers across two PostgreSQL databases and a userspace journal, by a coordinator
 * and a client in processes of their own; then looks at what is left.
 */
import { randomBytes } from 'node:crypto';
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createCrossbound } from '../../runtime/create-crossbound.ts';
import { buildReport, type RunResult } from './build-report.ts';
import { type ClientResult, ClientRun } from './client-run.ts';
import { DatabaseKiller } from './database-killer.ts';
import { Incarnations } from './incarnations.ts';
import { type Kills, type PlannedKill, planKills } from './kill-plan.ts';
import type { StorePlace } from './process-messages.ts';
import { RunDatabases } from './run-databases.ts';
import { runStores } from './run-stores.ts';
import { openAccounts } from './transfer-money.ts';
import { readAcknowledgements, verifyRun } from './verify-run.ts';
import { readWorkload, type Workload } from './workload.ts';

/** The stores of every workload: two databases and a journal. */
export const DATABASES: readonly string[] = ['bank_a', 'bank_b'];
const JOURNAL = 'ledger';
/** How often progress is told where nothing has changed. */
const TICK_MS = 500;

export interface RunWorkloadOptions {
  /** The workload, see `readWorkload`. */
  readonly file: string;
  /** Gets the logs, traces and acknowledgements. It is there and empty; the caller removes it. */
  readonly directory: string;
  /** Requests that the client keeps in flight. */
  readonly inFlight: number;
  /** How often the coordinator is killed; `all` is before and after every effect of the protocol, `auto` as many of them as the workload is long enough for. */
  readonly kills: Kills;
  /** How often the throw-away database server is killed; a server of the user's own never is. */
  readonly databaseKills: number;
  /** The same seed plans the same kills. */
  readonly seed: number;
  /** Connection strings of the user's own databases by store, one for each of {@link DATABASES}. Without it, a server is started. */
  readonly databases?: ReadonlyMap<string, string> | undefined;
  readonly signal: AbortSignal;
  /** Told at every change, up to some hundred times a second. */
  readonly onProgress?: ((progress: RunProgress) => void) | undefined;
}

/** How far a run is. */
export interface RunProgress {
  readonly phase: 'starting' | 'transfers' | 'verifying';
  readonly transfers: number;
  /** Transfers whose outcome the client has recorded. */
  readonly acknowledged: number;
  /** Of these, since the first request. */
  readonly ratePerSecond: number;
  readonly kills: number;
  readonly plannedKills: number;
  /** Starts of the coordinator beyond the first. */
  readonly restarts: number;
  readonly databaseKills: number;
  readonly elapsedMs: number;
}

/**
 * Runs the workload and verifies what it left. What is wrong then, and a planned kill that did not happen, is in the report; a
 * rejection means that the run could not be made. In any case no process and no database of it is left.
 *
 * @throws InvalidInputError for a bad workload, before anything is executed; the abort reason of `signal`; CrossboundError.
 */
export async function runWorkload(options: RunWorkloadOptions): Promise<RunResult> {
  options.signal.throwIfAborted();
  const workload = await readWorkload(options.file, [...DATABASES, JOURNAL]);
  // Where it really is: /dev/stdin is another file to the client.
  return await new WorkloadRun(options, workload, await realpath(options.file)).run();
}

class WorkloadRun {
  readonly #options: RunWorkloadOptions;
  readonly #workload: Workload;
  readonly #workloadFile: string;
  readonly #plan: readonly PlannedKill[];
  readonly #startedAt = new Date();
  readonly #startedMs = performance.now();
  /** Unique, so that what it prepares in a user's database is known to be its own. */
  readonly #coordinator = `run-${randomBytes(6).toString('hex')}`;
  readonly #directory: string;
  #phase: RunProgress['phase'] = 'starting';
  #transfersStartedMs = 0;
  #incarnations: Incarnations | undefined;
  #client: ClientRun | undefined;
  #killer: DatabaseKiller | undefined;

  constructor(options: RunWorkloadOptions, workload: Workload, workloadFile: string) {
    this.#options = options;
    this.#workload = workload;
    this.#workloadFile = workloadFile;
    this.#plan = planKills(options.kills, workload.transfers.length, options.seed);
    this.#directory = resolve(options.directory);
  }

  async run(): Promise<RunResult> {
    this.#tell();
    // So that time is seen to pass where nothing else changes, as while the databases start.
    const ticking = setInterval(() => this.#tell(), TICK_MS);
    try {
      return await this.#runInScratch();
    } finally {
      clearInterval(ticking);
    }
  }

  async #runInScratch(): Promise<RunResult> {
    // For the socket, whose path may have a hundred characters only, and for what nobody wants to keep.
    const scratch = await mkdtemp(join(tmpdir(), 'crossbound-run-'));
    try {
      const databases = await RunDatabases.open(DATABASES, this.#coordinator, this.#options.databases);
      try {
        return await this.#runOn(databases, scratch);
      } finally {
        await Promise.all([this.#incarnations?.abort(), this.#client?.abort()]);
        await databases.close();
      }
    } finally {
      await rm(scratch, { recursive: true, force: true });
    }
  }

  async #runOn(databases: RunDatabases, scratch: string): Promise<RunResult> {
    const places = this.#places(databases);
    await this.#openAccounts(places);
    this.#options.signal.throwIfAborted();
    const setUpMs = this.#elapsedMs();
    const { incarnations, client, killer } = this.#start(places, databases, scratch);
    const result = await this.#finish(incarnations, client, killer);
    const workMs = this.#elapsedMs() - setUpMs;
    this.#phase = 'verifying';
    this.#tell();
    const acknowledgements = await readAcknowledgements(this.#acknowledgementFile);
    const coordinator = { coordinator: this.#coordinator, coordinatorDirectory: join(this.#directory, 'coordinator') };
    const checks = await verifyRun({ workload: this.#workload, places, ...coordinator, acknowledgements });
    const totalMs = this.#elapsedMs();
    return buildReport({
      ...this.#options,
      startedAt: this.#startedAt,
      workload: this.#workload,
      places,
      planned: this.#plan.map(({ target }) => target.point),
      incarnations,
      databaseKills: killer?.kills ?? [],
      client: result,
      acknowledgements,
      checks,
      durations: { setUpMs, workMs, verifyMs: totalMs - workMs - setUpMs, totalMs },
    });
  }

  #places({ connectionStrings }: RunDatabases): readonly StorePlace[] {
    const databases = [...connectionStrings].map(([name, connectionString]) => ({ kind: 'postgresql', name, connectionString }) as const);
    return [...databases, { kind: 'journal', name: JOURNAL, directory: join(this.#directory, JOURNAL) }];
  }

  get #acknowledgementFile(): string {
    return join(this.#directory, 'acknowledgements.ndjson');
  }

  async #openAccounts(places: readonly StorePlace[]): Promise<void> {
    const { banks } = runStores(places);
    await using crossbound = await createCrossbound({
      name: this.#coordinator,
      directory: join(this.#directory, 'coordinator'),
      participants: [...banks.values()].map(({ participant }) => participant),
    });
    await crossbound.transaction((tx) => openAccounts(tx, banks, this.#workload));
  }

  #start(places: readonly StorePlace[], { server }: RunDatabases, scratch: string) {
    const { inFlight, databaseKills } = this.#options;
    const { transfers } = this.#workload;
    const [socket, compileCache] = [join(scratch, 'socket'), join(scratch, 'compiled')];
    const startedMs = this.#startedMs;
    const tell = (): void => this.#tell();
    this.#phase = 'transfers';
    this.#transfersStartedMs = performance.now();
    const settings = { name: this.#coordinator, stores: [...places], socket, maxInFlight: inFlight };
    const incarnations = new Incarnations({ ...settings, directory: this.#directory, compileCache, startedMs }, this.#plan, tell);
    const killer = server && new DatabaseKiller(server, databaseKills, transfers.length, startedMs);
    const acknowledgementFile = this.#acknowledgementFile;
    const stores = places.map(({ name }) => name);
    const client = new ClientRun(
      { socket, workloadFile: this.#workloadFile, stores, acknowledgementFile, inFlight },
      compileCache,
      (acknowledged) => {
        killer?.progress(acknowledged);
        tell();
      },
    );
    this.#incarnations = incarnations;
    this.#client = client;
    this.#killer = killer;
    return { incarnations, client, killer };
  }

  /** Resolves when every transfer has its outcome and the last coordinator has closed in order. */
  async #finish(incarnations: Incarnations, client: ClientRun, killer: DatabaseKiller | undefined): Promise<ClientResult> {
    const { signal } = this.#options;
    const stopped = Promise.withResolvers<never>();
    const onAbort = (): void => stopped.reject(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    const work = async (): Promise<ClientResult> => {
      const result = await client.finished();
      await killer?.done();
      incarnations.stop();
      return result;
    };
    try {
      const all = Promise.all([work(), incarnations.run()]);
      const [result] = await Promise.race([all, stopped.promise, ...(killer === undefined ? [] : [killer.failed])]);
      return result;
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  #elapsedMs(): number {
    return performance.now() - this.#startedMs;
  }

  #tell(): void {
    const acknowledged = this.#client?.acknowledged ?? 0;
    const seconds = (performance.now() - this.#transfersStartedMs) / 1_000;
    this.#options.onProgress?.({
      phase: this.#phase,
      transfers: this.#workload.transfers.length,
      acknowledged,
      ratePerSecond: acknowledged / seconds,
      kills: this.#incarnations?.kills.length ?? 0,
      plannedKills: this.#plan.length,
      restarts: Math.max(0, (this.#incarnations?.traceFiles.length ?? 0) - 1),
      databaseKills: this.#killer?.kills.length ?? 0,
      elapsedMs: this.#elapsedMs(),
    });
  }
}
