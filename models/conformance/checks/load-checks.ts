/** Many branches, long names, large values: what a store does when it is used in earnest, and nothing crashes. */
import assert from 'node:assert/strict';
import { MAX_NAME_LENGTH, MAX_TRANSACTION_LENGTH } from '../../../src/protocol/identifiers.ts';
import type { Participant } from '../../../src/runtime/participant.ts';
import type { ConformanceCheck } from '../conformance-check.ts';
import { expectInDoubt, type StoreUnderTest } from '../store-under-test.ts';

/** Legal, and each a trap for somebody who puts names together or makes files of them. */
export const TRAPS: readonly string[] = [
  '.',
  '..',
  '-',
  '_',
  '--help',
  'a',
  'A',
  'a.b',
  'a.b.c',
  'a-b',
  'a_b',
  'con',
  '0',
  '00',
  '__proto__',
  'constructor',
  'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789',
  'abcdefghijklmnopqrstuvwxyz._-',
  'x'.repeat(MAX_TRANSACTION_LENGTH),
];
export const LONGEST_NAME: string = 'C'.repeat(MAX_NAME_LENGTH);

/** Everything that JSON, SQL or a line of text might stumble over. */
const AWKWARD = '"quoted" \'single\' back\\slash\nline\r\ttab \u0001 $1 ; -- é ü 中 \u{1F980} \u2028 null {} ';

/** A value of the greatest length, and every character of {@link AWKWARD}. */
export function largeValue(store: StoreUnderTest): string {
  return AWKWARD + 'v'.repeat(Math.max(0, store.valueBytes - Buffer.byteLength(AWKWARD)));
}

export const loadChecks: readonly ConformanceCheck[] = [
  {
    name: 'branches on different keys do not wait for each other',
    group: 'contract',
    guarantees: [],
    async run(store) {
      const participant = await store.open();
      const keys = ['a', 'b', 'c', 'd'];
      const transactions = await Promise.all(keys.map((key) => store.prepared(participant, { [key]: `of-${key}` })));
      await Promise.all(transactions.map((tx) => participant.commit(tx)));
      await store.expectCommitted(Object.fromEntries(keys.map((key) => [key, `of-${key}`])), 'after all commits');
    },
  },
  {
    name: 'inDoubt names the prepared branches and no other',
    group: 'contract',
    guarantees: [4],
    async run(store) {
      const participant = await store.open();
      const working = await store.working(participant, { w: 'x' });
      const first = await store.prepared(participant, { a: 'one' });
      const second = await store.prepared(participant, { b: 'two' });
      await expectInDoubt(participant, [first, second], 'with two prepared branches and one that works');
      await participant.commit(first);
      await expectInDoubt(participant, [second], 'after the commit of one');
      await participant.rollback(second);
      await participant.rollback(working);
      await expectInDoubt(participant, [], 'after the rollback of the others');
    },
  },
  {
    name: 'inDoubt is right while branches prepare, commit and roll back around it',
    group: 'contract',
    guarantees: [4],
    run: askUnderTraffic,
  },
  {
    name: 'every legal name of a transaction and of a coordinator is told apart',
    group: 'contract',
    guarantees: [4],
    async run(store) {
      for (const coordinator of [LONGEST_NAME, '..', '__proto__']) {
        const participant = await store.open(coordinator);
        for (let start = 0; start < TRAPS.length; start += TRAPS_AT_ONCE) {
          const names = TRAPS.slice(start, start + TRAPS_AT_ONCE);
          for (const [index, name] of names.entries()) await store.prepared(participant, { [`key-${index}`]: `of ${name}` }, name);
          await expectInDoubt(participant, names, `with these names prepared for the coordinator "${coordinator}"`);
          for (const [index, name] of names.entries()) {
            await participant[index % 2 === 0 ? 'commit' : 'rollback'](name);
            await expectInDoubt(participant, names.slice(index + 1), `after the end of "${name}"`);
            if (index % 2 === 0) await store.expectCommitted({ [`key-${index}`]: `of ${name}` }, `after the commit of "${name}"`);
          }
        }
        await store.abandon();
        if (!(store.fixture.survivesCrash ?? true)) return;
      }
    },
  },
  {
    name: 'a large value with awkward characters comes back as it was',
    group: 'contract',
    guarantees: [],
    async run(store) {
      const participant = await store.open();
      const value = largeValue(store);
      const tx = store.newTransaction();
      const handle = await store.enlist(participant, tx);
      await store.write(handle, 'large', value);
      await store.write(handle, 'empty', '');
      assert.ok((await store.read(handle, 'large')) === value, 'the branch must read the whole value');
      await participant.prepare(tx);
      await participant.commit(tx);
      await store.expectCommitted({ large: value, empty: '' }, 'after the commit');
    },
  },
  {
    name: 'as many branches as the store allows are prepared and ended at once',
    group: 'contract',
    guarantees: [4],
    async run(store) {
      const participant = await store.open();
      const numbers = Array.from({ length: store.preparedBranches }, (_, number) => number);
      const transactions = await Promise.all(numbers.map((number) => store.prepared(participant, { [`key-${number}`]: `${number}` })));
      await expectInDoubt(participant, transactions, 'with all of them prepared');
      await Promise.all(transactions.map((tx, number) => participant[number % 2 === 0 ? 'commit' : 'rollback'](tx)));
      await expectInDoubt(participant, [], 'with all of them ended');
      const expected = Object.fromEntries(numbers.map((number) => [`key-${number}`, number % 2 === 0 ? `${number}` : undefined]));
      await store.expectCommitted(expected, 'with all of them ended');
    },
  },
];

const TRAPS_AT_ONCE = 8;
const WORKERS = 4;
const ROUNDS = 8;

/** When the calls of one branch began and ended, on a clock that ticks at each of them. */
interface Life {
  readonly tx: string;
  prepareCalled?: number;
  prepared?: number;
  endCalled?: number;
  ended?: number;
}

/** An answer may be of any moment between question and answer: what was in doubt all that time must be named, what never was must not. */
async function askUnderTraffic(store: StoreUnderTest): Promise<void> {
  const participant = await store.open();
  let clock = 0;
  let working = WORKERS;
  const lives: Life[] = [];
  const worker = async (number: number) => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const life: Life = { tx: store.newTransaction() };
      lives.push(life);
      await store.working(participant, { [`key-${number}`]: `${round}` }, life.tx);
      life.prepareCalled = ++clock;
      await participant.prepare(life.tx);
      life.prepared = ++clock;
      await new Promise((resolve) => setTimeout(resolve, round % 3));
      life.endCalled = ++clock;
      await participant[(number + round) % 2 === 0 ? 'commit' : 'rollback'](life.tx);
      life.ended = ++clock;
    }
  };
  const traffic = Array.from({ length: WORKERS }, (_, number) => worker(number).finally(() => --working));
  const asking = askUntil(
    participant,
    () => working === 0,
    lives,
    () => ++clock,
  );
  const results = await Promise.allSettled([...traffic, asking]);
  const failed = results.find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
}

async function askUntil(participant: Participant, isOver: () => boolean, lives: readonly Life[], tick: () => number): Promise<void> {
  while (!isOver()) {
    const asked = tick();
    const named = await participant.inDoubt();
    const answered = tick();
    for (const { tx, prepareCalled = Number.POSITIVE_INFINITY, prepared, endCalled = Number.POSITIVE_INFINITY, ended } of lives) {
      const mustBeNamed = prepared !== undefined && prepared < asked && endCalled > answered;
      const mayBeNamed = prepareCalled < answered && (ended === undefined || ended > asked);
      if (mustBeNamed) assert.ok(named.includes(tx), `${tx} was prepared while inDoubt was asked, and is not named`);
      if (!mayBeNamed) assert.ok(!named.includes(tx), `${tx} was not prepared while inDoubt was asked, and is named`);
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
}
