/** Transactions over two databases of one real PostgreSQL, each of which writes one row in both. */
import pg from 'pg';
import { startPostgresServer } from '../../src/cli/demo/postgres-server.ts';
import { createCrossbound, PostgreSqlParticipant } from '../../src/index.ts';
import type { Benchmark, Side } from '../benchmark.ts';
import { oneAtATime } from '../load.ts';

const DATABASES = ['left', 'right'] as const;
const INSERT = 'INSERT INTO entries (value) VALUES ($1)';

export const postgresql: Benchmark = {
  name: 'postgresql',
  title: 'One row in each of two PostgreSQL databases',
  load: 'one at a time',
  baseline: 'two plain commits, which may tear',
  figure: 'latency',
  operations: { full: 300, quick: 60, smallest: 3 },
  rounds: { full: 11, quick: 5, smallest: 1 },
  open: async ({ directory, onNews }) => {
    onNews('starting PostgreSQL');
    const server = await startPostgresServer();
    const clients: pg.Client[] = [];
    try {
      for (const database of DATABASES) {
        await server.createDatabase(database);
        const client = new pg.Client(server.connection(database));
        await client.connect();
        clients.push(client);
        await client.query('CREATE TABLE entries (id bigserial PRIMARY KEY, value text NOT NULL)');
      }
      const crossbound = await crossboundOverPostgres(directory, (database) => server.connection(database));
      const closeServer = async () => {
        await Promise.allSettled(clients.map((client) => client.end()));
        await server.close();
      };
      return [
        plain(clients),
        byHand(clients),
        { ...crossbound, close: () => Promise.allSettled([crossbound.close?.()]).then(closeServer) },
      ];
    } catch (error) {
      await Promise.allSettled(clients.map((client) => client.end()));
      await server.close();
      throw error;
    }
  },
};

/** In both databases at once, as Crossbound does. */
function inBoth(clients: readonly pg.Client[], text: string, values?: unknown[]): Promise<unknown> {
  return Promise.all(clients.map((client) => client.query(text, values)));
}

function plain(clients: readonly pg.Client[]): Side {
  const once = async () => {
    await inBoth(clients, 'BEGIN');
    for (const client of clients) await client.query(INSERT, ['written']);
    await inBoth(clients, 'COMMIT');
  };
  return { name: 'two plain commits, which may tear', round: (operations) => oneAtATime(operations, once) };
}

let lastTransaction = 0;

function byHand(clients: readonly pg.Client[]): Side {
  const once = async () => {
    lastTransaction += 1;
    const named = (command: string) =>
      Promise.all(clients.map((client, index) => client.query(`${command} 'by-hand-${index}-${lastTransaction}'`)));
    await inBoth(clients, 'BEGIN');
    for (const client of clients) await client.query(INSERT, ['written']);
    await named('PREPARE TRANSACTION');
    await named('COMMIT PREPARED');
  };
  return { name: 'PREPARE TRANSACTION by hand, no log', round: (operations) => oneAtATime(operations, once) };
}

async function crossboundOverPostgres(directory: string, connection: (database: string) => pg.ClientConfig): Promise<Side> {
  const participants = DATABASES.map(
    (name) => new PostgreSqlParticipant({ name, connection: connection(name) as { host: string; user: string; database: string } }),
  );
  const manager = await createCrossbound({ name: 'bench', directory, participants });
  const once = () =>
    manager.transaction(async (tx) => {
      for (const participant of participants) await (await tx.enlist(participant)).query(INSERT, ['written']);
    });
  return { name: 'Crossbound', round: (operations) => oneAtATime(operations, once), close: () => manager.close() };
}
