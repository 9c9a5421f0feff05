/**
 * Method: real servers; processes are looked for in the system's own list, and their files on disk. One parent process is
 * killed with SIGKILL while its server runs.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { describe, expect, it } from 'vitest';
import { type PostgresServer, startPostgresServer } from '../../../src/cli/demo/postgres-server.ts';

const SERVER_MODULE = fileURLToPath(new URL('../../../src/cli/demo/postgres-server.ts', import.meta.url));

async function ask<Row extends pg.QueryResultRow>(server: PostgresServer, text: string): Promise<Row[]> {
  const client = new pg.Client(server.connection('postgres'));
  client.on('error', () => undefined);
  await client.connect();
  try {
    const result: pg.QueryResult<Row> | pg.QueryResult<Row>[] = await client.query<Row>(text);
    return (Array.isArray(result) ? result.at(-1) : result)?.rows ?? [];
  } finally {
    await client.end();
  }
}

async function directoryOf(server: PostgresServer): Promise<string> {
  const [row] = await ask<{ data: string }>(server, "SELECT current_setting('data_directory') AS data");
  return dirname(row!.data);
}

/** Not so a zombie, which only waits for the init process to read how it ended. */
function isRunning(pid: number): boolean {
  const states = spawnSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' }).stdout.trim();
  return states !== '' && !states.startsWith('Z');
}

describe('a throw-away PostgreSQL server', () => {
  it('flushes to disk, keeps what was prepared over kill -9 and stop, and is gone with its files after close', async () => {
    const server = await startPostgresServer({ maxPreparedTransactions: 7 });
    const settings = await ask(server, "SELECT current_setting('fsync') AS fsync, current_setting('max_prepared_transactions') AS slots");
    expect(settings).toEqual([{ fsync: 'on', slots: '7' }]);
    await ask(server, "BEGIN; CREATE TABLE t (a int); PREPARE TRANSACTION 'mine'");
    const directory = await directoryOf(server);
    const { port } = server;
    const backends = await ask<{ pid: number }>(server, 'SELECT pid FROM pg_stat_activity');

    await server.kill();
    expect([server.pid, ...backends.map(({ pid }) => pid)].filter(isRunning)).toEqual([]);
    await expect(ask(server, 'SELECT 1')).rejects.toThrow(/ECONNREFUSED/);
    await server.start();
    expect(await ask(server, 'SELECT gid FROM pg_prepared_xacts')).toEqual([{ gid: 'mine' }]);
    expect(server.port).toBe(port);

    await server.stop();
    await expect(ask(server, 'SELECT 1')).rejects.toThrow(/ECONNREFUSED/);
    await server.start();
    expect(await ask(server, 'SELECT gid FROM pg_prepared_xacts')).toEqual([{ gid: 'mine' }]);

    await server.close();
    expect([isRunning(server.pid), existsSync(directory)]).toEqual([false, false]);
  });

  it('does not outlive a parent that was killed with SIGKILL', async () => {
    const program = `
      import { startPostgresServer } from ${JSON.stringify(SERVER_MODULE)};
      const server = await startPostgresServer();
      console.log(server.pid, server.connectionString('postgres'));
      setInterval(() => undefined, 1_000);`;
    const parent = spawn(process.execPath, ['--input-type=module', '--eval', program], { stdio: ['ignore', 'pipe', 'inherit'] });
    const line = await new Promise<string>((resolve) => parent.stdout.once('data', (text) => resolve(String(text))));
    const [pid, connectionString] = line.trim().split(' ');
    const client = new pg.Client({ connectionString: connectionString! });
    client.on('error', () => undefined);
    await client.connect();
    const { rows } = await client.query<{ data: string }>("SELECT current_setting('data_directory') AS data");
    parent.kill('SIGKILL');
    await expect.poll(() => isRunning(Number(pid)), { timeout: 5_000 }).toBe(false);
    await expect.poll(() => existsSync(dirname(rows[0]!.data)), { timeout: 5_000 }).toBe(false);
  });

  it('says what is wrong with its options', async () => {
    await expect(startPostgresServer({ maxPreparedTransactions: -1 })).rejects.toThrow(/maxPreparedTransactions/);
  });
});
