/**
 * Method: files written to a temporary directory, each with one mistake at a known line, and the committed workload as the
 * good one. Splitting into lines is compared with an independent way to do it, over every way of cutting the bytes up.
 */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeTransfers } from '../../../bench/make-transfers.ts';
import { numberedLines } from '../../../src/cli/run/numbered-lines.ts';
import { DEFAULT_BALANCE, readWorkload } from '../../../src/cli/run/workload.ts';
import { InvalidInputError } from '../../../src/protocol/errors.ts';

const STORES = ['bank_a', 'bank_b', 'ledger'];
const COMMITTED = new URL('../../../workloads/transfers.ndjson', import.meta.url);

let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'crossbound-workload-'));
});

afterAll(() => rm(directory, { recursive: true }));

async function read(content: string | Uint8Array) {
  const path = join(directory, 'workload.ndjson');
  await writeFile(path, content);
  return readWorkload(path, STORES);
}

const line = (changes: object = {}) =>
  JSON.stringify({
    id: 't1',
    from: { store: 'bank_a', account: 'alice' },
    to: { store: 'ledger', account: 'bob' },
    amount: 5,
    ...changes,
  });

describe('a workload that is right', () => {
  it('gives every account that is named the default, where no first line says otherwise', async () => {
    const { accounts, transfers } = await read(`${line()}\r\n\n${line({ id: 't2' })}`);
    expect(transfers.map(({ id }) => id)).toEqual(['t1', 't2']);
    expect(accounts.get('bank_a')).toEqual(new Map([['alice', DEFAULT_BALANCE]]));
    expect(accounts.get('bank_b')).toEqual(new Map());
  });

  it('takes the balances of its first line', async () => {
    const { accounts } = await read(`{"accounts":{"bank_a":{"alice":7},"ledger":{"bob":0,"eve":1}}}\n${line()}`);
    expect(accounts.get('ledger')).toEqual(
      new Map([
        ['bob', 0],
        ['eve', 1],
      ]),
    );
  });
});

describe('a workload with one bad line', () => {
  const emoji = '🜁'.repeat(65);
  it.each<[string, string | Uint8Array, RegExp]>([
    ['is not JSON', 'transfer everything', /not JSON: transfer everything/],
    ['is cut off', line().slice(0, -1), /not JSON/],
    ['is JSON, but no object', '17', /must be a JSON object/],
    ['lacks a field', '{"id":"x"}', /: from is missing; to is missing; amount is missing$/],
    ['lacks a part of a field', line({ id: 'x', from: { account: 'alice' } }), /: from\.store is missing$/],
    ['has a place that is none', line({ id: 'x', to: 5 }), /: to: must be an object with "store" and "account"$/],
    ['has a field too many', line({ id: 'x', currency: 'EUR' }), /: there is no field "currency"$/],
    [
      'names no store',
      line({ id: 'x', to: { store: 'bank_c', account: 'bob' } }),
      /to\.store: there is no store "bank_c"; it is one of bank_a, bank_b, ledger/,
    ],
    ['goes from an account to itself', line({ id: 'x', to: { store: 'bank_a', account: 'alice' } }), /same account/],
    ['moves nothing', line({ id: 'x', amount: 0 }), /amount: must be at least 1 cent/],
    ['moves a negative amount', line({ id: 'x', amount: -1 }), /: amount: must be at least 1 cent$/],
    ['moves half a cent', line({ id: 'x', amount: 0.5 }), /: amount: must be a whole number of cents$/],
    ['moves a text', line({ id: 'x', amount: '5' }), /: amount: must be a whole number of cents$/],
    ['moves more than there can be', line({ id: 'x', amount: 1e15 }), /: amount: must be at most 1,000,000,000,000 cents$/],
    ['moves more than a number can say exactly', line({ id: 'x', amount: 1e300 }), /: amount: must be at most 1,000,000,000,000 cents$/],
    ['repeats an id', line(), /id: "t1" is that of line 1 already/],
    ['has an id with a control character', line({ id: 'a\nb' }), /id/],
    ['has an id that is too long', line({ id: emoji }), /id/],
    ['names nobody', line({ id: 'x', from: { store: 'bank_a', account: '' } }), /from\.account/],
    ['has an accounts line too late', '{"accounts":{}}', /id/],
    ['is not UTF-8', Uint8Array.of(0x22, 0xc3, 0x28, 0x22), /not UTF-8/],
    ['is longer than a line may be', `"${'x'.repeat(1024 * 1024)}"`, /longer than 1048576 bytes/],
  ])('that %s is refused with its number, and the rest is read on', async (_, bad, reason) => {
    const content = Buffer.concat([Buffer.from(`${line()}\n`), Buffer.from(bad), Buffer.from(`\n${line({ id: 't3' })}\nnonsense\n`)]);
    const refusal = await read(content).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(InvalidInputError);
    const lines = String(refusal).split('\n').slice(1);
    expect(lines).toHaveLength(2);
    expect(lines[0]).toMatch(reason);
    expect(lines[0]).toMatch(/^ {2}line 2: /);
    expect(lines[1]).toBe('  line 4: not JSON: nonsense');
    expect(String(refusal)).toContain('nothing was executed');
  });

  it.each<[string, object, RegExp]>([
    [
      'an account that the first line does not give',
      { bank_a: { alice: 1 } },
      /line 2: to\.account: the first line gives no account "bob" in "ledger"/,
    ],
    ['an account whose name is none', { bank_a: { '': 1 } }, /line 1: accounts\.bank_a\.: the name must be a text of 1 to 64/],
    ['a store that is none', { bank_c: {} }, /line 1: accounts: there is no store "bank_c"/],
    ['a balance below zero', { bank_a: { alice: -1 }, ledger: { bob: 0 } }, /line 1: accounts\.bank_a\.alice/],
    [
      'more accounts than fit',
      { ledger: Object.fromEntries(Array.from({ length: 5_001 }, (_, index) => [`a${index}`, 1])) },
      /line 1: more than 5000 accounts in "ledger"/,
    ],
  ])('refuses %s', async (_, accounts, reason) => {
    await expect(read(`${JSON.stringify({ accounts })}\n${line()}`)).rejects.toThrow(reason);
  });

  it('refuses more accounts or transfers than fit in memory', async () => {
    const many = Array.from({ length: 5_001 }, (_, index) => line({ id: `t${index}`, to: { store: 'ledger', account: `a${index}` } }));
    await expect(read(many.join('\n'))).rejects.toThrow(/line 5001: more than 5000 accounts in "ledger"$/);
    const path = join(directory, 'three.ndjson');
    await writeFile(path, ['t1', 't2', 't3'].map((id) => line({ id })).join('\n'));
    await expect(readWorkload(path, STORES, 2)).rejects.toThrow(/line 3: more than 2 transfers; use several files$/);
  });

  it('shows ten problems and counts the others', async () => {
    await expect(read('x\n'.repeat(25))).rejects.toThrow(/line 10: [^\n]*\n {2}and 15 more$/);
  });

  it('without any transfer, or without a file, says so', async () => {
    await expect(read('')).rejects.toThrow('has no transfers');
    await expect(readWorkload(join(directory, 'none.ndjson'), STORES)).rejects.toThrow(/cannot be read: ENOENT/);
  });

  it('refuses what cannot be read twice', async () => {
    await expect(readWorkload('/dev/null', STORES)).rejects.toThrow(/it is not a regular file/);
    await expect(readWorkload(directory, STORES)).rejects.toThrow(/it is not a regular file/);
  });
});

describe('the committed workload', () => {
  it('is what the generator makes', async () => {
    expect(await readFile(COMMITTED, 'utf8')).toBe(makeTransfers());
  });

  it('has transfers between all stores, some of which can never be made', async () => {
    const { accounts, transfers } = await readWorkload(COMMITTED.pathname, STORES);
    const everything = [...accounts.values()].flatMap((balances) => [...balances.values()]).reduce((sum, balance) => sum + balance, 0);
    const hopeless = transfers.filter(({ amount }) => amount > everything);
    const pairs = new Set(transfers.map(({ from, to }) => `${from.store} to ${to.store}`));
    expect(transfers.length).toBe(2_400);
    expect(hopeless.length).toBeGreaterThan(100);
    expect(hopeless.length).toBeLessThan(400);
    expect(pairs.size).toBe(9);
  });
});

describe('splitting bytes into lines', () => {
  it('does not depend on how the bytes come', async () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'é', '🜁', '\n', '\r', '"'), maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(text, fc.integer({ min: 1, max: 7 }), async (all, size) => {
        const bytes = Buffer.from(all);
        async function* chunks() {
          for (let start = 0; start < bytes.length; start += size) yield bytes.subarray(start, start + size);
        }
        const lines: unknown[] = [];
        for await (const each of numberedLines(chunks())) lines.push(each);
        const expected = all.split('\n').map((part, index) => ({ number: index + 1, text: part }));
        expect(lines).toEqual(expected.at(-1)?.text === '' ? expected.slice(0, -1) : expected);
      }),
    );
  });

  it('keeps nothing of a line that is too long', async () => {
    const before = process.memoryUsage().arrayBuffers;
    let mostBytes = 0;
    async function* endless() {
      for (let chunk = 0; chunk < 400; chunk += 1) {
        mostBytes = Math.max(mostBytes, process.memoryUsage().arrayBuffers - before);
        yield new Uint8Array(1024 * 1024).fill(0x78);
      }
    }
    const lines: unknown[] = [];
    for await (const each of numberedLines(endless())) lines.push(each);
    expect(lines).toEqual([{ number: 1, problem: 'longer than 1048576 bytes' }]);
    expect(mostBytes).toBeLessThan(250 * 1024 * 1024);
  });
});
