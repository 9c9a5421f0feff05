/**
 * Method: the committed workload's first transfers, many at a time, through a real transaction manager over two databases of a
 * real PostgreSQL and a journal; then the audit, and the cases that the workload alone would not meet.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type PostgresServer, startPostgresServer } from '../../../src/cli/demo/postgres-server.ts';
import { type Answer, audit } from '../../../src/cli/run/audit.ts';
import { type BankStore, keyValueBank, sqlBank } from '../../../src/cli/run/bank-store.ts';
import { openAccounts, readContents, transferMoney } from '../../../src/cli/run/transfer-money.ts';
import { readWorkload, type Transfer, type Workload } from '../../../src/cli/run/workload.ts';
import { PostgreSqlParticipant } from '../../../src/participants/postgresql.ts';
import { UserspaceJournal } from '../../../src/participants/userspace-journal.ts';
import { CrossboundError } from '../../../src/protocol/errors.ts';
import { createCrossbound } from '../../../src/runtime/create-crossbound.ts';
import type { Crossbound } from '../../../src/runtime/crossbound.ts';

const DATABASES = ['bank_a', 'bank_b'];

let server: PostgresServer;
let directory: string;
let workload: Workload;
let stores: Map<string, BankStore>;
let crossbound: Crossbound;

beforeAll(async () => {
  server = await startPostgresServer();
  directory = await mkdtemp(join(tmpdir(), 'crossbound-bank-'));
  const path = new URL('../../../workloads/transfers.ndjson', import.meta.url).pathname;
  const whole = await readWorkload(path, [...DATABASES, 'ledger']);
  workload = { ...whole, transfers: whole.transfers.slice(0, 240) };
  for (const name of DATABASES) await server.createDatabase(name);
  const banks = DATABASES.map((name) => sqlBank(new PostgreSqlParticipant({ name, connection: server.connection(name) })));
  banks.push(keyValueBank(new UserspaceJournal({ name: 'ledger', directory: join(directory, 'ledger') })));
  stores = new Map(banks.map((bank) => [bank.participant.name, bank]));
  const participants = banks.map(({ participant }) => participant);
  crossbound = await createCrossbound({ name: 'teller', directory: join(directory, 'log'), participants });
});

afterAll(async () => {
  await crossbound.close();
  await server.close();
  await rm(directory, { recursive: true });
});

const attempt = (transfer: Transfer) => crossbound.transaction((tx) => transferMoney(tx, stores, transfer));
const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'committed',
    (error: unknown) => (error instanceof CrossboundError ? error.code : String(error)),
  );

it('transfers, 32 at a time, keep the money together and end as they were answered', async () => {
  const opening = await crossbound.begin();
  await openAccounts(opening, stores, workload);
  await opening.commit();
  await opening.finished;
  const answers = new Map<string, Answer>();
  const codes = new Set<string>();
  const queue = workload.transfers.values();
  const lane = async () => {
    for (const transfer of queue) {
      const code = await codeOf(attempt(transfer));
      codes.add(code);
      answers.set(transfer.id, code === 'committed' ? 'committed' : 'aborted');
    }
  };
  await Promise.all(Array.from({ length: 32 }, lane));
  await expect.poll(() => crossbound.stats().active, { timeout: 10_000 }).toBe(0);
  const found = audit(workload, await crossbound.transaction((tx) => readContents(tx, stores)), answers);
  expect(found.problems).toEqual([]);
  // No time-out, no deadlock: accounts are locked in one order.
  expect([...codes].sort()).toEqual(['INSUFFICIENT_FUNDS', 'committed']);
  expect(found.committed).toBeGreaterThan(150);
});

it('transfers in opposite directions wait for each other, and never in a circle', async () => {
  const [here, there] = [
    { store: 'bank_b', account: 'acct-03' },
    { store: 'ledger', account: 'acct-03' },
  ];
  const transfers = Array.from({ length: 40 }, (_, index): Transfer => {
    const [from, to] = index % 2 === 0 ? [here, there] : [there, here];
    return { id: `ping-${index}`, from, to, amount: 1 };
  });
  const codes = await Promise.all(transfers.map((transfer) => codeOf(attempt(transfer))));
  expect(new Set(codes)).toEqual(new Set(['committed']));
});

it('a transfer that has been made is not made again, whichever store notices', async () => {
  const from = { store: 'bank_a', account: 'acct-01' };
  const within = (store: string): Transfer => ({
    id: `again-${store}`,
    from: { ...from, store },
    to: { store, account: 'acct-02' },
    amount: 1,
  });
  for (const transfer of ['bank_a', 'ledger'].map(within)) {
    expect(await codeOf(attempt(transfer))).toBe('committed');
    expect(await codeOf(attempt(transfer))).toBe('ALREADY_DONE');
  }
});

it('accounts are opened once', async () => {
  expect(await codeOf(crossbound.transaction(async (tx) => (await stores.get('ledger')!.join(tx)).openAccounts(new Map())))).toBe(
    'NOT_EMPTY',
  );
  expect(await codeOf(crossbound.transaction((tx) => openAccounts(tx, stores, workload)))).toMatch(/already exists/);
});
