import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { InvalidInputError } from '../../protocol/errors.ts';
import { type PostgresServer, startPostgresServer } from '../demo/postgres-server.ts';
import { PROVOCATIONS_SQL } from './provoke-failure.ts';

/** Every coordinator that was killed leaves its connections, until the server has noticed. */
const SERVER_OPTIONS = { maxConnections: 250, maxPreparedTransactions: 128 };

/** The PostgreSQL databases of a run: on a throw-away server, or the user's own. */
export class RunDatabases {
  /** By name of the store; each leads into the run's own schema. */
  readonly connectionStrings: ReadonlyMap<string, string>;
  /** The throw-away server, which may be killed. */
  readonly server: PostgresServer | undefined;
  readonly #coordinator: string;
  readonly #schema: string;

  private constructor(
    connectionStrings: ReadonlyMap<string, string>,
    server: PostgresServer | undefined,
    names: { coordinator: string; schema: string },
  ) {
    this.connectionStrings = connectionStrings;
    this.server = server;
    this.#coordinator = names.coordinator;
    this.#schema = names.schema;
  }

  /**
   * Makes a schema of its own in each database, for this run.
   *
   * @param own - connection strings of the user's own databases by store; without them a server is started.
   */
  static async open(stores: readonly string[], coordinator: string, own?: ReadonlyMap<string, string>): Promise<RunDatabases> {
    const schema = `crossbound_run_${randomBytes(6).toString('hex')}`;
    const server = own === undefined ? await startPostgresServer(SERVER_OPTIONS) : undefined;
    try {
      const base = own ?? (await newDatabases(server, stores));
      const connectionStrings = new Map([...base].map(([store, text]) => [store, withSearchPath(text, schema)]));
      const databases = new RunDatabases(connectionStrings, server, { coordinator, schema });
      for (const [store, text] of connectionStrings) await makeSchema(store, text, schema);
      return databases;
    } catch (error) {
      await server?.close();
      throw error;
    }
  }

  /** Leaves nothing of the run: ends the server, or rolls back what is prepared and drops the schema. No coordinator runs any more. */
  async close(): Promise<void> {
    if (this.server !== undefined) return this.server.close();
    for (const text of this.connectionStrings.values()) {
      await withClient(text, async (client) => {
        const { rows } = await client.query<{ gid: string }>(
          'SELECT gid FROM pg_prepared_xacts WHERE database = current_database() AND strpos(gid, $1) > 0',
          [`:${this.#coordinator}:`],
        );
        for (const { gid } of rows) await client.query(`ROLLBACK PREPARED ${pg.escapeLiteral(gid)}`);
        await client.query(`DROP SCHEMA ${pg.escapeIdentifier(this.#schema)} CASCADE`);
      });
    }
  }
}

async function newDatabases(server: PostgresServer | undefined, stores: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const connectionStrings = new Map<string, string>();
  for (const store of stores) {
    await server?.createDatabase(store);
    connectionStrings.set(store, server?.connectionString(store) ?? '');
  }
  return connectionStrings;
}

async function makeSchema(store: string, connectionString: string, schema: string): Promise<void> {
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
