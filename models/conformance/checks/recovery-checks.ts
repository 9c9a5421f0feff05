/** What a participant finds in a store that another one has left. */
import type { ConformanceCheck } from '../conformance-check.ts';
import { expectInDoubt, expectNoRefusal, expectRefused, IMPATIENT_MS, rejectionOf, type StoreUnderTest } from '../store-under-test.ts';
import { LONGEST_NAME, largeValue, TRAPS } from './load-checks.ts';

export const recoveryChecks: readonly ConformanceCheck[] = [
  recovery('prepared branches survive restarts, and then can go both ways', [1, 4], async (store) => {
    const before = await store.open();
    const [committed, rolledBack] = [await store.prepared(before, { a: 'one' }), await store.prepared(before, { b: 'two' })];
    for (let crash = 0; crash < 2; crash += 1) {
      const between = await store.restart();
      await expectInDoubt(between, [committed, rolledBack], 'after a restart');
      await store.expectCommitted({ a: undefined, b: undefined }, 'after a restart');
    }
    const after = await store.restart();
    await after.commit(committed);
    await after.rollback(rolledBack);
    await expectInDoubt(after, [], 'after both outcomes');
    await store.expectCommitted({ a: 'one', b: undefined }, 'after both outcomes');
  }),
  recovery('a restarted participant says yes to what it has prepared, or does not know; never no', [1, 2], async (store) => {
    const tx = await store.prepared(await store.open(), { a: 'one' });
    const after = await store.restart();
    await expectNoRefusal(after.prepare(tx));
    await expectInDoubt(after, [tx], 'after it was asked to prepare again');
    await after.commit(tx);
    await store.expectCommitted({ a: 'one' }, 'after the commit');
  }),
  recovery('a prepared branch still goes both ways after a restart, whoever writes to its keys', [1], async (store) => {
    for (const end of ['commit', 'rollback'] as const) {
      const tx = await store.prepared(store.isOpen ? await store.restart() : await store.open(), { [end]: 'one' });
      const after = await store.restart();
      const other = store.newTransaction();
      const handle = await store.enlist(after, other, { timeoutMs: IMPATIENT_MS });
      await rejectionOf(store.write(handle, end, 'two', IMPATIENT_MS));
      await after.rollback(other);
      await after[end](tx);
      await store.expectCommitted({ [end]: end === 'commit' ? 'one' : undefined }, `after the ${end} of the prepared branch`);
    }
  }),
  recovery('a commit is durable when it resolves', [3], async (store) => {
    const before = await store.open();
    await before.commit(await store.prepared(before, { a: 'one', b: 'one' }));
    const after = await store.restart();
    await store.expectCommitted({ a: 'one', b: 'one' }, 'after a restart');
    await expectInDoubt(after, [], 'after a restart');
  }),
  recovery('a commit that was not heard of is done or in doubt, and whole', [1, 3, 4], async (store) => {
    const before = await store.open();
    const tx = await store.prepared(before, { a: 'one', b: 'one' });
    const unheard = rejectionOf(before.commit(tx));
    const after = await store.restart();
    await unheard;
    const named = await after.inDoubt();
    const isDone = !named.includes(tx);
    const expected = isDone ? 'one' : undefined;
    await store.expectCommitted({ a: expected, b: expected }, isDone ? 'when it is not in doubt' : 'while it is in doubt');
    await after.commit(tx);
    await store.expectCommitted({ a: 'one', b: 'one' }, 'after the commit was said again');
  }),
  recovery('work that was not prepared is gone after a restart', [5], async (store) => {
    const tx = await store.working(await store.open(), { a: 'one' });
    const after = await store.restart();
    await store.expectCommitted({ a: undefined }, 'after a restart');
    await expectInDoubt(after, [], 'after a restart');
    await expectRefused(after, tx, 'a branch whose work is lost');
    await after.commit(await store.prepared(after, { a: 'two' }));
    await store.expectCommitted({ a: 'two' }, 'after the next commit');
  }),
  recovery("another coordinator's branches are neither listed nor decided", [4], async (store) => {
    const tx = await store.prepared(await store.open(), { a: 'one' });
    for (const name of ['another', 'conformance2', 'conformanc', 'Conformance', 'conformance.', LONGEST_NAME]) {
      const stranger = await store.restart(name);
      await expectInDoubt(stranger, [], `for the coordinator "${name}"`);
      await rejectionOf(stranger.commit(tx));
      await rejectionOf(stranger.rollback(tx));
    }
    const own = await store.restart();
    await expectInDoubt(own, [tx], 'for its own coordinator');
    await own.commit(tx);
    await store.expectCommitted({ a: 'one' }, 'after the commit by its own coordinator');
  }),
  recovery('every legal name, a large value and many branches survive a restart', [1, 4], async (store) => {
    const before = await store.open(LONGEST_NAME);
    const names = TRAPS.slice(-Math.min(TRAPS.length, store.preparedBranches));
    const value = largeValue(store);
    for (const [index, name] of names.entries()) await store.prepared(before, { [`key-${index}`]: index === 0 ? value : name }, name);
    const after = await store.restart(LONGEST_NAME);
    await expectInDoubt(after, names, 'after a restart');
    for (const [index, name] of names.entries()) await after[index % 2 === 0 ? 'commit' : 'rollback'](name);
    await store.restart(LONGEST_NAME);
    const expected = names.map((name, index) => [`key-${index}`, index === 0 ? value : index % 2 === 0 ? name : undefined] as const);
    await store.expectCommitted(Object.fromEntries(expected), 'after the outcomes and another restart');
  }),
  recovery('close leaves prepared branches prepared, and of the others nothing', [1, 5], async (store) => {
    const before = await store.open();
    const tx = await store.prepared(before, { a: 'one' });
    await store.working(before, { b: 'two' });
    await before.close();
    const after = await store.open();
    await expectInDoubt(after, [tx], 'after close and open');
    await store.expectCommitted({ a: undefined, b: undefined }, 'after close and open');
    await after.commit(tx);
    await store.expectCommitted({ a: 'one' }, 'after the commit');
  }),
  recovery('a second participant on one store is refused, or does no harm', [1, 4], openTwice),
];

function recovery(
  name: string,
  guarantees: ConformanceCheck['guarantees'],
  run: (store: StoreUnderTest) => Promise<void>,
): ConformanceCheck {
  return { name, group: 'recovery', guarantees, needs: ['survivesCrash'], run };
}

async function openTwice(store: StoreUnderTest): Promise<void> {
  for (const [key, coordinator] of [
    ['own', undefined],
    ['other', 'another'],
  ] as const) {
    const first = store.isOpen ? await store.restart() : await store.open();
    const tx = await store.prepared(first, { [key]: 'one' });
    const second = await store.open(coordinator).catch(() => undefined);
    if (second === undefined) {
      await first.commit(tx);
      await store.expectCommitted({ [key]: 'one' }, 'after the commit by the one that was there first');
      continue;
    }
    if (coordinator !== undefined) await expectInDoubt(second, [], 'for another coordinator beside the first');
    await second.close();
    const after = await store.restart();
    await expectInDoubt(after, [tx], 'after a restart');
    await after.rollback(tx);
    await store.expectCommitted({ [key]: undefined }, 'after the rollback');
  }
}
