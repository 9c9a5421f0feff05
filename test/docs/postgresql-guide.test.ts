// Method: the example of the PostgreSQL guide is run as it stands, but for the address of the server: a real one, started here.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { expect, test } from 'vitest';
import { startPostgresServer } from '../../src/cli/demo/postgres-server.ts';

const repository = fileURLToPath(new URL('../..', import.meta.url));

test('the example of the guide commits in PostgreSQL and in the journal', async () => {
  const [, code = ''] = /^```ts\n(.*?)^```$/ms.exec(readFileSync(join(repository, 'docs', 'guides', 'postgresql.md'), 'utf8')) ?? [];
  const directory = mkdtempSync(join(tmpdir(), 'crossbound-guide-'));
  const server = await startPostgresServer({ maxPreparedTransactions: 5 });
  try {
    await server.createDatabase('bank');
    const client = new pg.Client({ connectionString: server.connectionString('bank') });
    await client.connect();
    try {
      await client.query("CREATE TABLE accounts (id text PRIMARY KEY, balance bigint); INSERT INTO accounts VALUES ('ann', 20)");
      const source = code
        .replace("from 'crossbound'", `from ${JSON.stringify(join(repository, 'src', 'index.ts'))}`)
        .replace(/connection: \{[^}]*\}/, `connectionString: ${JSON.stringify(server.connectionString('bank'))}`);
      writeFileSync(join(directory, 'example.mts'), source);
      const { status, stdout, stderr } = spawnSync(process.execPath, ['example.mts'], {
        cwd: directory,
        encoding: 'utf8',
        timeout: 30_000,
      });
      expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: 'ann paid 5\n', stderr: '' });
      expect((await client.query('SELECT balance FROM accounts')).rows).toEqual([{ balance: '15' }]);
    } finally {
      await client.end();
    }
  } finally {
    await server.close();
    rmSync(directory, { recursive: true });
  }
});
