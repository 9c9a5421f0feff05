/**
 * The process that owns a throw-away PostgreSQL: a child of {@link startPostgresServer}'s caller, in a session of its
 * own. When its parent ends, in whatever way (SIGKILL too), the channel between them closes, and the keeper kills the
 * server and deletes its files. So nothing is left behind, and the parent needs no exit hook.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, chown, mkdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { findPostgresBinaries, type PostgresBinaries } from './postgres-binaries.ts';
import { type KeeperReply, type KeeperRequest, type KeeperSettings, keeperRequestSchema } from './postgres-keeper-protocol.ts';
import { killProcessTree } from './process-tree.ts';

/** A start includes crash recovery; with the small files used here both take well under a second. */
const START_DEADLINE_MS = 60_000;
const STOP_DEADLINE_MS = 20_000;
/** How often a free port is chosen anew when somebody else took it between choosing and binding. */
const PORT_ATTEMPTS = 5;
/** The end of the server's log that is kept for an error message, in characters. */
const LOG_TAIL_LENGTH = 4_000;

class Keeper {
  readonly #settings: KeeperSettings;
  readonly #data: string;
  #binaries: PostgresBinaries | undefined;
  #port = 0;
  #initdb: ChildProcess | undefined;
  #postmaster: ChildProcess | undefined;
  #log = '';

  constructor(settings: KeeperSettings) {
    this.#settings = settings;
    this.#data = join(settings.directory, 'data');
  }

  /** Makes the database files. The temporary directory becomes one that the server's user may enter. */
  async initialise(): Promise<void> {
    const { directory, user, password } = this.#settings;
    await chmod(directory, 0o711);
    this.#binaries = await findPostgresBinaries(directory);
    const { initdb, owner } = this.#binaries;
    const passwordFile = join(directory, 'password');
    await mkdir(this.#data, { mode: 0o700 });
    await writeFile(passwordFile, `${password}\n`, { mode: 0o600 });
    if (owner !== undefined) {
      await chown(this.#data, owner.uid, owner.gid);
      await chown(passwordFile, owner.uid, owner.gid);
    }
    const arguments_ = [`--pgdata=${this.#data}`, `--username=${user}`, `--pwfile=${passwordFile}`];
    arguments_.push('--auth=scram-sha-256', '--encoding=UTF8', '--no-locale', '--no-sync');
    const child = this.#spawn(initdb, arguments_);
    this.#initdb = child;
    const [code] = await once(child, 'close');
    this.#initdb = undefined;
    await rm(passwordFile, { force: true });
    if (code !== 0) throw new Error(`initdb ended with code ${String(code)}:\n${this.#log}`);
  }

  /** Starts the server on the same port as before, or on a free one the first time. Resolves with the port. */
  async start(): Promise<{ port: number; pid: number }> {
    if (this.#postmaster !== undefined) throw new Error('the server runs already');
    for (let attempt = 1; ; attempt += 1) {
      const port = this.#port === 0 ? await freePort() : this.#port;
      const started = await this.#tryStart(port);
      if (typeof started === 'number') {
        this.#port = port;
        return { port, pid: started };
      }
      if (attempt === PORT_ATTEMPTS || !/could not bind|Address already in use/i.test(this.#log)) {
        throw new Error(`PostgreSQL did not start: ${started}\n${this.#log}`);
      }
    }
  }

  /** Shuts down in order: open sessions are ended, everything is written. The files stay. */
  async stop(): Promise<void> {
    const postmaster = this.#postmaster;
    if (postmaster === undefined) return;
    const closed = once(postmaster, 'close');
    postmaster.kill('SIGINT');
    const timer = setTimeout(() => postmaster.kill('SIGKILL'), STOP_DEADLINE_MS);
    await closed;
    clearTimeout(timer);
  }

  /** SIGKILL to every process of the server, as a power cut would: nothing is shut down, nothing is written. */
  async kill(): Promise<void> {
    const postmaster = this.#postmaster;
    if (postmaster?.pid === undefined) return;
    const closed = once(postmaster, 'close');
    await killProcessTree(postmaster.pid);
    await closed;
  }

  /** Kills the server and deletes its directory. */
  async close(): Promise<void> {
    if (this.#initdb?.pid !== undefined) await killProcessTree(this.#initdb.pid);
    await this.kill();
    await rm(this.#settings.directory, { recursive: true, force: true });
  }

  /** Resolves with the process's number, or with what went wrong. */
  async #tryStart(port: number): Promise<number | string> {
    this.#log = '';
    if (this.#binaries === undefined) throw new Error('the server is not initialised');
    const child = this.#spawn(this.#binaries.postgres, ['-D', this.#data, '-p', String(port), ...this.#serverFlags()]);
    this.#postmaster = child;
    child.once('close', () => {
      if (this.#postmaster === child) this.#postmaster = undefined;
    });
    const ready = new Promise<number>((resolve) => {
      child.stderr?.on('data', () => {
        if (child.pid !== undefined && this.#log.includes('ready to accept connections')) resolve(child.pid);
      });
    });
    const ended = once(child, 'close').then(([code]) => `it ended with code ${String(code)}`);
    const { promise: late, resolve: giveUp } = Promise.withResolvers<string>();
    const timer = setTimeout(() => giveUp(`not ready after ${START_DEADLINE_MS} ms`), START_DEADLINE_MS);
    const outcome = await Promise.race([ready, ended, late]);
    clearTimeout(timer);
    if (typeof outcome === 'string') await this.kill();
    return outcome;
  }

  #serverFlags(): string[] {
    const { maxConnections, maxPreparedTransactions } = this.#settings;
    const settings = {
      listen_addresses: '127.0.0.1',
      unix_socket_directories: '',
      fsync: 'on',
      shared_buffers: '16MB',
      max_connections: maxConnections,
      max_prepared_transactions: maxPreparedTransactions,
      io_method: 'sync',
      recovery_init_sync_method: process.platform === 'linux' ? 'syncfs' : 'fsync',
    };
    return Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${String(value)}`]);
  }

  #spawn(program: string, arguments_: readonly string[]): ChildProcess {
    const child = spawn(program, arguments_, {
      ...this.#binaries?.owner,
      cwd: this.#settings.directory,
      env: { PATH: process.env['PATH'], LC_ALL: 'C', TZ: 'UTC' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const keep = (chunk: Buffer) => {
      this.#log = (this.#log + chunk.toString()).slice(-LOG_TAIL_LENGTH);
    };
    child.stdout?.on('data', keep);
    child.stderr?.on('data', keep);
    child.on('error', (error) => keep(Buffer.from(`${error.message}\n`)));
    return child;
  }
}

async function freePort(): Promise<number> {
  const listener = createServer().listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const address = listener.address();
  listener.close();
  await once(listener, 'close');
  if (address === null || typeof address === 'string') throw new Error('the system gave no port');
  return address.port;
}

let keeper: Keeper | undefined;

async function perform(request: KeeperRequest): Promise<{ port: number; pid: number } | undefined> {
  if (request.command === 'initialise') {
    keeper = new Keeper(request.settings);
    await keeper.initialise();
    return undefined;
  }
  if (keeper === undefined) throw new Error('the first request is "initialise"');
  if (request.command === 'start') return keeper.start();
  await keeper[request.command]();
  return undefined;
}

/** Requests are performed one after another, in the order of their arrival. */
let last: Promise<void> = Promise.resolve();

function reply(message: KeeperReply): void {
  // Without a parent there is nobody to tell, and the 'disconnect' below cleans up.
  if (process.connected) process.send?.(message, undefined, undefined, () => undefined);
}

process.on('message', (message) => {
  const request = keeperRequestSchema.parse(message);
  last = last.then(async () => {
    try {
      const running = await perform(request);
      reply({ id: request.id, ok: true, ...running });
    } catch (error) {
      reply({ id: request.id, ok: false, error: error instanceof Error ? error.message : String(error) });
    }
  });
});

process.once('disconnect', () => {
  // The request under way is not waited for: close() kills what it started.
  void (keeper?.close() ?? Promise.resolve()).finally(() => process.exit(0));
});
