import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { CrossboundError, InvalidInputError } from '../../protocol/errors.ts';
import { assertPostgresInstalled } from '../demo/postgres-binaries.ts';
import { type PostgresServer, startPostgresServer } from '../demo/postgres-server.ts';
import { PROVOCATIONS_SQL } from './provoke-failure.ts';

/** Every coordinator that was killed leaves its connections, until the server has noticed. */
const SERVER_OPTIONS = { maxConnections: 250, maxPreparedTransactions: 128 };

const LOCK_NOT_AVAILABLE = '55P03';
const LEAVE_INTERVAL_MS = 500;
const LEAVE_ATTEMPTS = 20;

/** One database of a run. */
interface RunDatabase {
  readonly store: string;
  /** The run's own: databases of the user's have other things in them, and may even be one. */
  readonly schema: string;
  /** With the schema as search path. */
  readonly connectionString: string;
}

/** The PostgreSQL databases of a run: on a throw-away server, or the user's own. */
export class RunDatabases {
  /** The throw-away server, which may be killed. */
  readonly server: PostgresServer | undefined;
  readonly #coordinator: string;
  readonly #databases: readonly RunDatabase[];

  private constructor(coordinator: string, databases: readonly RunDatabase[], server: PostgresServer | undefined) {
    this.#coordinator = coordinator;
    this.#databases = databases;
    this.server = server;
  }

  /**
   * Makes a schema for this run in each database.
   *
   * @param own - connection strings of the user's own databases by store; without them a server is started.
   */
  static async open(stores: readonly string[], coordinator: string, own?: ReadonlyMap<string, string>): Promise<RunDatabases> {
    const suffix = randomBytes(6).toString('hex');
    const server = own === undefined ? await startServer() : undefined;
    const databases = stores.map((store) => {
      const schema = `crossbound_run_${suffix}_${store}`;
      const base = server?.connectionString(store) ?? own?.get(store) ?? '';
      return { store, schema, connectionString: withSearchPath(base, schema) };
    });
    const opened = new RunDatabases(coordinator, databases, server);
    try {
      for (const store of server === undefined ? [] : stores) await server?.createDatabase(store);
      for (const database of databases) await makeSchema(database);
      return opened;
    } catch (error) {
      await opened.close().catch(() => undefined);
      throw error;
    }
  }

  /** By name of the store; each leads into the run's own schema. */
  get connectionStrings(): ReadonlyMap<string, string> {
    return new Map(this.#databases.map(({ store, connectionString }) => [store, connectionString]));
  }

  /** Leaves nothing of the run: ends the server, or rolls back what is prepared and drops the schemas. No coordinator runs any more. */
  async close(): Promise<void> {
    if (this.server !== undefined) return this.server.close();
    const left = await Promise.allSettled(this.#databases.map((database) => this.#leave(database)));
    for (const result of left) if (result.status === 'rejected') throw result.reason;
  }

  /** Repeated, because a session that the last coordinator has left may still finish what it was told, and hold its locks. */
  async #leave({ connectionString, schema }: RunDatabase): Promise<void> {
    await withClient(connectionString, async (client) => {
      await client.query(`SET lock_timeout = ${LEAVE_INTERVAL_MS}`);
      for (let attempt = 1; ; attempt += 1) {
        const { rows } = await client.query<{ gid: string }>(
          'SELECT gid FROM pg_prepared_xacts WHERE database = current_database() AND strpos(gid, $1) > 0',
          [`:${this.#coordinator}:`],
        );
        for (const { gid } of rows) await client.query(`ROLLBACK PREPARED ${pg.escapeLiteral(gid)}`);
        try {
          await client.query(`DROP SCHEMA IF EXISTS ${pg.escapeIdentifier(schema)} CASCADE`);
          return;
        } catch (error) {
          const isLocked = error instanceof pg.DatabaseError && error.code === LOCK_NOT_AVAILABLE;
          if (!isLocked || attempt === LEAVE_ATTEMPTS) throw error;
        }
      }
    });
  }
}

async function startServer(): Promise<PostgresServer> {
  await assertPostgresInstalled();
  try {
    return await startPostgresServer(SERVER_OPTIONS);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    const advice = /permission denied/i.test(why)
      ? 'Started by root, it runs as another user: set TMPDIR to a directory that everybody may enter.'
      : 'Databases of your own can be used with --config.';
    throw new CrossboundError('POSTGRESQL_NOT_STARTED', 'terminal', `The throw-away PostgreSQL did not start: ${why.trim()}\n${advice}`, {
      cause,
    });
  }
}

async function makeSchema({ store, connectionString, schema }: RunDatabase): Promise<void> {
  try {
    await withClient(connectionString, async (client) => {
      await client.query(`CREATE SCHEMA ${pg.escapeIdentifier(schema)}`);
      await client.query(PROVOCATIONS_SQL);
    });
  } catch (cause) {
    const why = cause instanceof Error ? cause.message || String(cause) : String(cause);
    throw new InvalidInputError(
      `The database of the store "${store}" cannot be used: ${why}. Check its connection string, and that its user may create a schema.`,
      { cause },
    );
  }
}

/** Runs `work` on one connection, which is closed in any case. */
export async function withClient<Result>(connectionString: string, work: (client: pg.Client) => Promise<Result>): Promise<Result> {
  const client = new pg.Client({ connectionString, connectionTimeoutMillis: 10_000, query_timeout: 30_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return await work(client);
  } finally {
    await client.end().catch(() => undefined);
  }
}

function withSearchPath(connectionString: string, schema: string): string {
  const url = new URL(connectionString);
  const options = [url.searchParams.get('options'), `-c search_path=${schema}`].filter((option) => option !== null);
  url.searchParams.set('options', options.join(' '));
  return url.toString();
}
