/** What is said twice, too late, or to nobody. */
import assert from 'node:assert/strict';
import type { ConformanceCheck } from '../conformance-check.ts';
import { expectInDoubt, rejectionOf, type StoreUnderTest } from '../store-under-test.ts';

export const idempotenceChecks: readonly ConformanceCheck[] = [
  {
    name: 'commit and rollback may be said again, and of a transaction that is unknown',
    group: 'idempotence',
    guarantees: [3],
    async run(store) {
      const participant = await store.open();
      const committed = await store.prepared(participant, { a: 'one' });
      for (let time = 0; time < 3; time += 1) await participant.commit(committed);
      const rolledBack = await store.prepared(participant, { a: 'two' });
      for (let time = 0; time < 3; time += 1) await participant.rollback(rolledBack);
      await participant.commit(store.newTransaction());
      await participant.rollback(store.newTransaction());
      await store.expectCommitted({ a: 'one' }, 'after all of it');
      await expectInDoubt(participant, [], 'after all of it');
    },
  },
  {
    name: 'two commits, or two rollbacks, of one branch at the same time have the effect of one',
    group: 'idempotence',
    guarantees: [3],
    async run(store) {
      const participant = await store.open();
      const committed = await store.prepared(participant, { a: 'one' });
      await Promise.all([participant.commit(committed), participant.commit(committed)]);
      const rolledBack = await store.prepared(participant, { b: 'two' });
      await Promise.all([participant.rollback(rolledBack), participant.rollback(rolledBack)]);
      await store.expectCommitted({ a: 'one', b: undefined }, 'after both');
      await expectInDoubt(participant, [], 'after both');
    },
  },
  {
    name: 'a commit that is said again does not undo what was committed since',
    group: 'idempotence',
    guarantees: [3],
    async run(store) {
      const participant = await store.open();
      const first = await store.prepared(participant, { a: 'one' });
      await participant.commit(first);
      await participant.commit(await store.prepared(participant, { a: 'two' }));
      await participant.commit(first);
      await store.expectCommitted({ a: 'two' }, 'after the repeated commit of the older transaction');
    },
  },
  {
    name: 'a rollback of what is committed changes nothing, nor does a commit of what is rolled back',
    group: 'idempotence',
    guarantees: [3],
    async run(store) {
      const participant = await store.open();
      const committed = await store.prepared(participant, { a: 'one' });
      await participant.commit(committed);
      await rejectionOf(participant.rollback(committed));
      const rolledBack = await store.prepared(participant, { b: 'two' });
      await participant.rollback(rolledBack);
      await rejectionOf(participant.commit(rolledBack));
      await store.expectCommitted({ a: 'one', b: undefined }, 'after the contrary was said');
      await expectInDoubt(participant, [], 'after the contrary was said');
    },
  },
  {
    name: 'a commit and a rollback at the same time end in one of the two, whole',
    group: 'idempotence',
    guarantees: [3],
    run: raceOutcomes,
  },
  {
    name: 'commit and rollback may be said again after a restart, and of what is unknown',
    group: 'idempotence',
    guarantees: [3],
    needs: ['survivesCrash'],
    async run(store) {
      const before = await store.open();
      const first = await store.prepared(before, { a: 'one' });
      const undone = await store.prepared(before, { b: 'two' });
      await before.commit(first);
      await before.rollback(undone);
      await before.commit(await store.prepared(before, { a: 'three' }));
      for (let crash = 0; crash < 2; crash += 1) {
        const after = await store.restart();
        const named = await after.inDoubt();
        assert.ok(
          named.every((tx) => tx === undone),
          `after the restart, inDoubt may name the one that was rolled back, and names ${named.join(', ')}`,
        );
        for (let time = 0; time < 2; time += 1) {
          await after.commit(first);
          await after.rollback(undone);
        }
        await after.commit(store.newTransaction());
        await after.rollback(store.newTransaction());
        await expectInDoubt(after, [], 'after the outcomes were said again');
        await store.expectCommitted({ a: 'three', b: undefined }, 'after the outcomes were said again');
      }
    },
  },
];

const RACES = 5;

async function raceOutcomes(store: StoreUnderTest): Promise<void> {
  const participant = await store.open();
  for (let race = 0; race < RACES; race += 1) {
    const keys = [`a-${race}`, `b-${race}`];
    const tx = await store.prepared(participant, Object.fromEntries(keys.map((key) => [key, 'new'])));
    const calls = [participant.commit(tx), participant.rollback(tx)];
    const [commit, rollback] = await Promise.all((race % 2 === 0 ? calls : calls.toReversed()).map(rejectionOf));
    assert.ok(commit === undefined || rollback === undefined, 'of a commit and a rollback at the same time, one at least must resolve');
    await expectInDoubt(participant, [], 'after the race');
    const values = await Promise.all(keys.map((key) => store.committed(key)));
    assert.ok(values[0] === values[1], `of the two writes of one branch, one is there and the other is not: ${values.join(', ')}`);
    assert.ok(values[0] === 'new' || values[0] === undefined, `nobody wrote ${values[0]}`);
  }
}
