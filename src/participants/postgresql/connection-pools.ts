import { createHash } from 'node:crypto';
import pg from 'pg';
import type { Environment } from '../../protocol/environment.ts';
import { CrossboundError } from '../../protocol/errors.ts';
import { ignore, withDeadline } from '../../runtime/deadline.ts';
import { type RetrySchedule, retry } from '../../runtime/retry.ts';
import { type Backend, Connection } from './connection.ts';
import type { PostgreSqlSettings } from './options.ts';
import { isTransient } from './sql-state.ts';

/** Quick enough for a lock that is freed, slow enough for a server that restarts. */
const RETRY = { firstDelayMs: 10, maxDelayMs: 500 };
const BUSY = 'POSTGRESQL_BUSY';
/** How long `close` waits for connections that are still in use, in milliseconds. */
const CLOSE_TIMEOUT_MS = 5_000;

/**
 * The connections of one participant, in two pools: one for work, one for second phases and recovery. All carry one
 * application name, by which the sessions that an earlier, dead process left behind are found.
 */
export class ConnectionPools {
  /** The database in the words of an error message; no password. */
  readonly target: string;
  readonly #settings: PostgreSqlSettings;
  readonly #environment: Environment;
  readonly #applicationName: string;
  readonly #work: pg.Pool;
  readonly #completion: pg.Pool;
  readonly #waiting = new Map<pg.Pool, number>();
  readonly #closing = new AbortController();

  constructor(settings: PostgreSqlSettings, environment: Environment, coordinator: string) {
    this.#settings = settings;
    this.#environment = environment;
    // Hashed, because PostgreSQL cuts the name at 63 bytes, and two names of 48 do not fit.
    const digest = createHash('sha256').update(`${coordinator}:${settings.name}`).digest('hex').slice(0, 32);
    this.#applicationName = `crossbound:${digest}`;
    this.#work = this.#pool(settings.maxConnections);
    this.#completion = this.#pool(settings.completionConnections);
    const { user, host, port, database } = new pg.Client(this.#work.options);
    this.target = `${user ?? ''}@${host}:${port}/${database ?? ''}`;
  }

  /**
   * A connection for the work of one transaction.
   *
   * @throws CrossboundError `POSTGRESQL_BUSY` when all are taken and too many wait, or none became free in time.
   */
  takeForWork(timeoutMs: number, signal: AbortSignal): Promise<Connection> {
    const schedule = { ...RETRY, totalMs: timeoutMs };
    const cancel = AbortSignal.any([signal, this.#closing.signal]);
    return retry(this.#environment, schedule, () => this.#take(this.#work, timeoutMs, cancel), isOutOfReach, cancel);
  }

  /** Uses a connection of the second pool, and again with another one while `isWorthRetrying` accepts the failure, for the configured time. */
  complete<Result>(
    use: (connection: Connection) => Promise<Result>,
    isWorthRetrying: (error: unknown) => boolean = isTransient,
  ): Promise<Result> {
    const schedule: RetrySchedule = { ...RETRY, totalMs: this.#settings.unavailableTimeoutMs };
    const attempt = async () => {
      const connection = await this.#take(this.#completion, this.#settings.connectTimeoutMs, this.#closing.signal);
      try {
        return await use(connection);
      } finally {
        connection.release();
      }
    };
    return retry(this.#environment, schedule, attempt, isWorthRetrying, this.#closing.signal);
  }

  /**
   * Resolves when the server process is certainly gone, ended by us if need be. Whatever it was told to do has then
   * either happened or will never happen.
   */
  endBackend(backend: Backend): Promise<void> {
    return this.#endSessions('pid = $1 AND extract(epoch FROM backend_start)::text = $2', [backend.pid, backend.startedAt]);
  }

  /** As {@link endBackend}, for every session of this participant that is not of these pools: an earlier process made them. */
  endForeignSessions(): Promise<void> {
    return this.#endSessions(
      'application_name = $1 AND datname = current_database() AND usename = current_user AND pid <> pg_backend_pid()',
      [this.#applicationName],
    );
  }

  /** Ends the retries, closes what is idle and waits for what is in use, up to five seconds. */
  async close(): Promise<void> {
    this.#closing.abort(
      new CrossboundError('POSTGRESQL_CLOSED', 'retryable', `The PostgreSQL participant "${this.#settings.name}" was closed.`),
    );
    const ended = Promise.all([this.#work.end(), this.#completion.end()]).then(() => undefined);
    const timedOut = () =>
      new CrossboundError(
        'POSTGRESQL_CLOSE_TIMEOUT',
        'retryable',
        `Connections to ${this.target} were still in use ${CLOSE_TIMEOUT_MS} ms after close().`,
      );
    await withDeadline(this.#environment, CLOSE_TIMEOUT_MS, ended, timedOut);
  }

  async #endSessions(condition: string, values: readonly unknown[]): Promise<void> {
    const stillThere = new CrossboundError('POSTGRESQL_SESSION_REMAINS', 'retryable', `A session of ${this.target} does not end.`);
    await this.complete(async (connection) => {
      const ending = await connection.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE ${condition}`, values);
      if (ending.rows.length > 0) throw stillThere;
    });
  }

  async #take(pool: pg.Pool, timeoutMs: number, signal: AbortSignal): Promise<Connection> {
    // Counted here, because the pool counts those too who gave up and wait no longer.
    const waiting = this.#waiting.get(pool) ?? 0;
    const free = pool.idleCount + pool.options.max - pool.totalCount;
    if (waiting >= free + this.#settings.maxWaiting) throw this.#busy();
    this.#waiting.set(pool, waiting + 1);
    try {
      const connecting = pool.connect();
      const client = await withDeadline(this.#environment, timeoutMs, connecting, () => this.#busy(), signal).catch((error: unknown) => {
        // Nobody waits for it any more when it comes.
        connecting.then((unwanted) => unwanted.release(), ignore);
        throw error;
      });
      return await Connection.take(client, this.#environment);
    } finally {
      this.#waiting.set(pool, (this.#waiting.get(pool) ?? 1) - 1);
    }
  }

  #pool(max: number): pg.Pool {
    const { connection, connectionString, connectTimeoutMs } = this.#settings;
    const pool = new pg.Pool({
      ...connection,
      ...(connectionString === undefined ? {} : { connectionString }),
      max,
      application_name: this.#applicationName,
      connectionTimeoutMillis: connectTimeoutMs,
      keepAlive: true,
    });
    // A connection that dies while nobody uses it is an event, and without a listener it would end the process. The pool
    // drops the connection by itself; one in use makes its statement fail.
    pool.on('error', () => undefined);
    pool.on('connect', (client) => client.on('error', () => undefined));
    return pool;
  }

  #busy(): CrossboundError {
    return new CrossboundError(
      BUSY,
      'retryable',
      `No connection to ${this.target} became free in time. Run fewer transactions at once, or raise maxConnections of the participant "${this.#settings.name}".`,
    );
  }
}

/** Waiting again for a connection that did not become free would only make the queue longer. */
function isOutOfReach(error: unknown): boolean {
  return isTransient(error) && !(error instanceof CrossboundError && error.code === BUSY);
}
