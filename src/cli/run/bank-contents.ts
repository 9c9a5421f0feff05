/** What the stores of a run hold, read without the code that made the transfers: plain SQL, and the journal's committed state. */
import { z } from 'zod';
import { UserspaceJournal } from '../../participants/userspace-journal.ts';
import { nodeEnvironment } from '../../runtime/node-environment.ts';
import type { BankContent } from './bank-store.ts';
import type { StorePlace } from './process-messages.ts';
import { withClient } from './run-databases.ts';

const markKey = z.tuple([z.string(), z.string()]);

/** A store after the run. */
export interface StoreFindings extends BankContent {
  /** Prepared and without an outcome. */
  readonly inDoubt: readonly string[];
}

/** Reads one store; nobody else uses it any more. */
export function readStore(place: StorePlace, coordinator: string): Promise<StoreFindings> {
  return place.kind === 'journal' ? readJournal(place, coordinator) : readDatabase(place.connectionString, coordinator);
}

function readDatabase(connectionString: string, coordinator: string): Promise<StoreFindings> {
  return withClient(connectionString, async (client) => {
    const prepared = await client.query<{ gid: string }>(
      'SELECT gid FROM pg_prepared_xacts WHERE database = current_database() AND strpos(gid, $1) > 0',
      [coordinator],
    );
    const accounts = await client.query<{ id: string; balance: string }>('SELECT id, balance FROM accounts');
    const marks = await client.query<{ id: string; account: string; delta: string }>('SELECT id, account, delta FROM transfers');
    return {
      inDoubt: prepared.rows.map(({ gid }) => gid),
      balances: new Map(accounts.rows.map(({ id, balance }) => [id, BigInt(balance)])),
      marks: marks.rows.map(({ id, account, delta }) => ({ transfer: id, account, delta: BigInt(delta) })),
    };
  });
}

async function readJournal({ name, directory }: Extract<StorePlace, { kind: 'journal' }>, coordinator: string): Promise<StoreFindings> {
  const journal = new UserspaceJournal({ name, directory });
  await journal.open({ coordinator, environment: nodeEnvironment() });
  try {
    const entries = [...journal.committed()];
    const startingWith = (prefix: string) =>
      entries.filter(([key]) => key.startsWith(prefix)).map(([key, value]) => [key.slice(prefix.length), BigInt(value)] as const);
    return {
      inDoubt: await journal.inDoubt(),
      balances: new Map(startingWith('account/')),
      marks: startingWith('transfer/').map(([key, delta]) => {
        const [transfer, account] = markKey.parse(JSON.parse(key));
        return { transfer, account, delta };
      }),
    };
  } finally {
    await journal.close();
  }
}
