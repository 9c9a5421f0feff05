import pg from 'pg';
import type { PostgresConnection, PostgresServer } from '../../src/cli/demo/postgres-server.ts';
import type { PostgreSqlOptions } from '../../src/participants/postgresql/options.ts';
import { PostgreSqlParticipant, type SqlHandle } from '../../src/participants/postgresql.ts';
import { nodeEnvironment } from '../../src/runtime/node-environment.ts';

let lastTransaction = 0;

/** A transaction that no other test has. */
export function newTransaction(): string {
  lastTransaction += 1;
  return `t${process.pid}-${lastTransaction}`;
}

/** One database of a real server with a table `entries(key, value)`, participants on it, and an observer beside them. */
export class PostgresBank {
  readonly connection: PostgresConnection;
  readonly #participants: PostgreSqlParticipant[] = [];
  readonly #observer: pg.Pool;

  private constructor(connection: PostgresConnection) {
    this.connection = connection;
    this.#observer = new pg.Pool({ ...connection, max: 4, application_name: 'observer' });
    this.#observer.on('error', () => undefined);
    this.#observer.on('connect', (client) => client.on('error', () => undefined));
  }

  static async create(server: PostgresServer, database: string): Promise<PostgresBank> {
    await server.createDatabase(database);
    const bank = new PostgresBank(server.connection(database));
    await bank.sql('CREATE TABLE entries (key text PRIMARY KEY, value text NOT NULL)');
    return bank;
  }

  async open(coordinator = 'tests', options: Partial<PostgreSqlOptions> = {}): Promise<PostgreSqlParticipant> {
    const participant = new PostgreSqlParticipant({ name: 'bank', connection: this.connection, ...options });
    await participant.open({ coordinator, environment: nodeEnvironment() });
    this.#participants.push(participant);
    return participant;
  }

  /** As the operator would, beside all participants. */
  async sql<Row extends pg.QueryResultRow>(text: string, values: unknown[] = []): Promise<Row[]> {
    return (await this.#observer.query<Row>(text, values)).rows;
  }

  async value(key: string): Promise<string | undefined> {
    const rows = await this.sql<{ value: string }>('SELECT value FROM entries WHERE key = $1', [key]);
    return rows[0]?.value;
  }

  async preparedIdentifiers(): Promise<string[]> {
    const rows = await this.sql<{ gid: string }>('SELECT gid FROM pg_prepared_xacts WHERE database = current_database() ORDER BY gid');
    return rows.map(({ gid }) => gid);
  }

  /** Ends sessions on the server while they are used: all of participants, or those where `condition` holds. */
  async terminate(condition = 'true'): Promise<number> {
    const sessions = await this.sql(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND application_name LIKE 'crossbound:%' AND ${condition}`,
    );
    return sessions.length;
  }

  /** Closes the participants and makes the database as it was. */
  async clean(): Promise<void> {
    await Promise.all(this.#participants.splice(0).map((participant) => participant.close()));
    for (const gid of await this.preparedIdentifiers()) await this.sql(`ROLLBACK PREPARED ${pg.escapeLiteral(gid)}`);
    await this.sql('TRUNCATE entries');
  }

  async dispose(): Promise<void> {
    await this.#observer.end();
  }
}

/** A branch's start, with bounds that a test can wait for. */
export function enlist(
  participant: PostgreSqlParticipant,
  transaction: string,
  options: { timeoutMs?: number; signal?: AbortSignal } = {},
): Promise<SqlHandle> {
  return participant.enlist(transaction, { timeoutMs: 2_000, signal: new AbortController().signal, ...options });
}

export async function put(handle: SqlHandle, key: string, value: string): Promise<void> {
  const text = 'INSERT INTO entries VALUES ($1, $2) ON CONFLICT (key) DO UPDATE SET value = excluded.value';
  await handle.query(text, [key, value]);
}
