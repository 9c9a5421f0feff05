/**
 * Method: a few transfers are made for real, in a real PostgreSQL and a journal, and verified. Then each thing that a run must not
 * leave is put there by hand, beside all of Crossbound's own checks, and must be found by the check that is meant for it.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Acknowledgement, StorePlace } from '../../../src/cli/run/process-messages.ts';
import { RunDatabases, withClient } from '../../../src/cli/run/run-databases.ts';
import { runStores } from '../../../src/cli/run/run-stores.ts';
import { openAccounts, transferMoney } from '../../../src/cli/run/transfer-money.ts';
import { type RunRemains, verifyRun } from '../../../src/cli/run/verify-run.ts';
import type { Transfer, Workload } from '../../../src/cli/run/workload.ts';
import { FileDecisionLog } from '../../../src/log/file-decision-log.ts';
import { UserspaceJournal } from '../../../src/participants/userspace-journal.ts';
import { createCrossbound } from '../../../src/runtime/create-crossbound.ts';
import { nodeEnvironment } from '../../../src/runtime/node-environment.ts';

const COORDINATOR = 'run-verified';
const accounts = new Map(['bank_a', 'bank_b', 'ledger'].map((store) => [store, new Map([[`${store}-1`, 1_000]])]));
const transfer = (id: string, from: string, to: string, amount: number): Transfer => ({
  id,
  from: { store: from, account: `${from}-1` },
  to: { store: to, account: `${to}-1` },
  amount,
});
const workload: Workload = {
  accounts,
  transfers: [
    transfer('t1', 'bank_a', 'ledger', 100),
    transfer('t2', 'ledger', 'bank_b', 50),
    transfer('t3', 'bank_b', 'bank_a', 9_999),
    transfer('t4', 'bank_b', 'bank_a', 7),
  ],
};

let directory = '';
let databases: RunDatabases;
let places: readonly StorePlace[] = [];
let acknowledgements: Acknowledgement[] = [];

async function makeTransfers(): Promise<Acknowledgement[]> {
  const { banks } = runStores(places);
  const participants = [...banks.values()].map(({ participant }) => participant);
  await using crossbound = await createCrossbound({ name: COORDINATOR, directory: join(directory, 'coordinator'), participants });
  await crossbound.transaction((tx) => openAccounts(tx, banks, workload));
  const made: Acknowledgement[] = [];
  for (const one of workload.transfers) {
    const tx = await crossbound.begin();
    const told = { transfer: one.id, tx: tx.id, isRepeated: false };
    try {
      await transferMoney(tx, banks, one);
      await tx.commit();
      made.push({ ...told, outcome: 'committed' });
    } catch {
      await tx.rollback();
      made.push({ ...told, outcome: 'aborted', reason: 'INSUFFICIENT_FUNDS' });
    }
  }
  return made;
}

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'crossbound-verify-'));
  databases = await RunDatabases.open(['bank_a', 'bank_b'], COORDINATOR);
  const { connectionStrings } = databases;
  places = [
    ...[...connectionStrings].map(([name, connectionString]) => ({ kind: 'postgresql', name, connectionString }) as const),
    { kind: 'journal', name: 'ledger', directory: join(directory, 'ledger') },
  ];
  acknowledgements = await makeTransfers();
});

afterAll(async () => {
  await databases?.close();
  rmSync(directory, { recursive: true, force: true });
});

function sql(store: string, ...statements: string[]): Promise<void> {
  return withClient(databases.connectionStrings.get(store) ?? '', async (client) => {
    for (const statement of statements) await client.query(statement);
  });
}

/** As another program would, with the journal's own records. */
async function writeToJournal(tx: string, writes: Record<string, string | null>, ending: 'commit' | 'nothing' = 'commit'): Promise<void> {
  const journal = new UserspaceJournal({ name: 'ledger', directory: join(directory, 'ledger') });
  await journal.open({ coordinator: COORDINATOR, environment: nodeEnvironment() });
  const handle = await journal.enlist(tx, { timeoutMs: 1_000, signal: new AbortController().signal });
  for (const [key, value] of Object.entries(writes)) await (value === null ? handle.delete(key) : handle.put(key, value));
  await journal.prepare(tx);
  if (ending === 'commit') await journal.commit(tx);
  await journal.close();
}

async function endInJournal(tx: string): Promise<void> {
  const journal = new UserspaceJournal({ name: 'ledger', directory: join(directory, 'ledger') });
  await journal.open({ coordinator: COORDINATOR, environment: nodeEnvironment() });
  await journal.rollback(tx);
  await journal.close();
}

/** The checks that fail, with what they say. */
async function failures(change: Partial<RunRemains> = {}): Promise<Record<string, string>> {
  const remains = { workload, places, coordinator: COORDINATOR, coordinatorDirectory: join(directory, 'coordinator'), acknowledgements };
  const checks = await verifyRun({ ...remains, ...change });
  return Object.fromEntries(checks.filter(({ ok }) => !ok).map(({ name, detail }) => [name, detail]));
}

const CONSERVED = 'Money is conserved';
const WHOLE = 'Each transfer happened in all its stores or in none';
const EXPLAINED = 'Every balance is what the transfers leave';
const RECORDED = 'Every transfer has one recorded outcome';
const KEPT = 'No acknowledged commit is lost, no acknowledged abort took place';
const DOUBT = 'Nothing is left in doubt';
const ENDED = 'Every commit was carried out and ended';
const LOGGED = 'The log has every commit that was acknowledged, and no other outcome';

describe('the verification of a run', () => {
  it('finds nothing where all is well', async () => {
    expect(acknowledgements.map(({ outcome }) => outcome)).toEqual(['committed', 'committed', 'aborted', 'committed']);
    expect(await failures()).toEqual({});
  });

  it('finds a balance that was changed in a database', async () => {
    await sql('bank_a', "UPDATE accounts SET balance = balance + 1 WHERE id = 'bank_a-1'");
    const found = await failures();
    await sql('bank_a', "UPDATE accounts SET balance = balance - 1 WHERE id = 'bank_a-1'");
    expect(Object.keys(found)).toEqual([CONSERVED, EXPLAINED]);
    expect(found[EXPLAINED]).toMatch(/"bank_a-1" in bank_a holds 908, and its marks say 907/);
  });

  it('finds money that was moved between stores by nobody', async () => {
    await sql('bank_a', 'UPDATE accounts SET balance = balance + 1');
    await sql('bank_b', 'UPDATE accounts SET balance = balance - 1');
    const found = await failures();
    await sql('bank_a', 'UPDATE accounts SET balance = balance - 1');
    await sql('bank_b', 'UPDATE accounts SET balance = balance + 1');
    expect(Object.keys(found)).toEqual([EXPLAINED]);
  });

  it('finds a balance that was changed in the journal', async () => {
    await writeToJournal('x-1', { 'account/ledger-1': '1049' });
    const found = await failures();
    await writeToJournal('x-2', { 'account/ledger-1': '1050' });
    expect(Object.keys(found)).toEqual([CONSERVED, EXPLAINED]);
  });

  it('finds half a transfer, marks and money gone together', async () => {
    await sql('bank_a', "DELETE FROM transfers WHERE id = 't1'", 'UPDATE accounts SET balance = balance + 100');
    const found = await failures();
    await sql('bank_a', "INSERT INTO transfers VALUES ('t1', 'bank_a-1', -100)", 'UPDATE accounts SET balance = balance - 100');
    expect(Object.keys(found)).toEqual([CONSERVED, WHOLE]);
    expect(found[WHOLE]).toMatch(/t1 is torn/);
  });

  it('finds a mark that is gone from the journal', async () => {
    await writeToJournal('x-3', { 'transfer/["t2","ledger-1"]': null });
    const found = await failures();
    await writeToJournal('x-4', { 'transfer/["t2","ledger-1"]': '-50' });
    expect(Object.keys(found)).toEqual([WHOLE, EXPLAINED]);
  });

  it('finds an acknowledged commit that is lost everywhere', async () => {
    const undo = (id: string): string => `DELETE FROM transfers WHERE id = '${id}'`;
    await sql('bank_a', undo('t4'), 'UPDATE accounts SET balance = balance - 7');
    await sql('bank_b', undo('t4'), 'UPDATE accounts SET balance = balance + 7');
    const found = await failures();
    await sql('bank_a', "INSERT INTO transfers VALUES ('t4', 'bank_a-1', 7)", 'UPDATE accounts SET balance = balance + 7');
    await sql('bank_b', "INSERT INTO transfers VALUES ('t4', 'bank_b-1', -7)", 'UPDATE accounts SET balance = balance - 7');
    expect(found).toEqual({ [KEPT]: 'transfer t4 was answered with "committed" and is lost' });
  });

  it.each<[string, (told: Acknowledgement[]) => Acknowledgement[], string[]]>([
    ['a commit that was told as an abort', (told) => told.with(0, { ...told[0]!, outcome: 'aborted' }), [KEPT, LOGGED]],
    ['an abort that was told as a commit', (told) => told.with(2, { ...told[2]!, outcome: 'committed' }), [KEPT, LOGGED]],
    ['a transfer without an outcome', (told) => told.slice(1), [RECORDED]],
    ['a transfer with two outcomes', (told) => [...told, told[0]!], [RECORDED]],
    ['an outcome of nothing', (told) => [...told, { ...told[2]!, transfer: 't9' }], [RECORDED]],
    ['the outcome of another transaction', (told) => told.with(0, { ...told[0]!, tx: 'e1-other-1' }), [LOGGED]],
  ])('finds %s', async (_what, change, expected) => {
    expect(Object.keys(await failures({ acknowledgements: change([...acknowledgements]) }))).toEqual(expected);
  });

  it('finds a prepared transaction in a database, and one in the journal', async () => {
    const identifier = `crossbound:1:${COORDINATOR}:bank_b:e1-left-1`;
    await sql('bank_b', 'BEGIN', 'CREATE TABLE left_over (a int)', `PREPARE TRANSACTION '${identifier}'`);
    await writeToJournal('x-5', { 'account/ledger-1': '0' }, 'nothing');
    const found = await failures();
    await sql('bank_b', `ROLLBACK PREPARED '${identifier}'`);
    await endInJournal('x-5');
    expect(found).toEqual({ [DOUBT]: `${identifier} in bank_b; x-5 in ledger` });
  });

  it('finds a commit that was not carried out to its end', async () => {
    const log = new FileDecisionLog(nodeEnvironment(), { directory: join(directory, 'coordinator') });
    const { epoch } = await log.open(COORDINATOR);
    await log.append({ type: 'Commit', tx: 'e9-open-1', participants: ['bank_a'] }, { epoch });
    const found = await failures();
    await log.append({ type: 'End', tx: 'e9-open-1' }, { epoch });
    await log.close();
    expect(found).toEqual({ [ENDED]: 'e9-open-1 is committed and not ended' });
  });

  it('finds nothing any more, all of it put back', async () => {
    expect(await failures()).toEqual({});
  });
});
