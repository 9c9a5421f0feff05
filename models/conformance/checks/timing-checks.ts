/** Every wait ends: with its time-out, its signal, its branch, or its participant. What waits is another store's business. */
import assert from 'node:assert/strict';
import type { Participant } from '../../../src/runtime/participant.ts';
import type { ConformanceCheck } from '../conformance-check.ts';
import { expectInDoubt, IMPATIENT_MS, PATIENT_MS, rejectionOf, type StoreUnderTest } from '../store-under-test.ts';

/** Long enough for a wait to have begun, in milliseconds. */
const BEGUN_MS = 30;

export const timingChecks: readonly ConformanceCheck[] = [
  {
    name: 'a write to what another branch holds ends within its time-out, and the holder is not harmed',
    group: 'timing',
    guarantees: [1],
    async run(store) {
      const participant = await store.open();
      for (const key of ['working', 'prepared'] as const) {
        const holder = await store[key](participant, { [key]: 'one' });
        const other = store.newTransaction();
        const handle = await store.enlist(participant, other, { timeoutMs: IMPATIENT_MS });
        await rejectionOf(store.write(handle, key, 'two', IMPATIENT_MS));
        await participant.rollback(other);
        if (key === 'working') await participant.prepare(holder);
        await participant.commit(holder);
        await store.expectCommitted({ [key]: 'one' }, 'after the commit of the holder');
      }
    },
  },
  {
    name: 'a wait ends when the signal of its transaction aborts',
    group: 'timing',
    guarantees: [],
    async run(store) {
      const participant = await store.open();
      const stop = new AbortController();
      const { waiting, other, holder } = await contend(store, participant, stop.signal);
      stop.abort(new Error('the transaction ended'));
      await waiting();
      await participant.rollback(other);
      await participant.commit(holder);
      await store.expectCommitted({ a: 'one' }, 'after the commit of the holder');
    },
  },
  {
    name: 'a rollback ends what its branch waits for',
    group: 'timing',
    guarantees: [],
    async run(store) {
      const participant = await store.open();
      const { waiting, other, holder } = await contend(store, participant);
      await participant.rollback(other);
      await waiting();
      await participant.commit(holder);
      await store.expectCommitted({ a: 'one' }, 'after the commit of the holder');
    },
  },
  {
    name: 'a branch whose signal has aborted before it began takes nothing with it',
    group: 'timing',
    guarantees: [4],
    async run(store) {
      const participant = await store.open();
      const tx = store.newTransaction();
      await rejectionOf(store.enlist(participant, tx, { signal: AbortSignal.abort(new Error('the transaction ended')) }));
      await participant.rollback(tx);
      await expectInDoubt(participant, [], 'after the rollback');
      await participant.commit(await store.prepared(participant, { a: 'one' }));
      await store.expectCommitted({ a: 'one' }, 'after the next commit');
    },
  },
  {
    name: 'close ends while branches work and wait',
    group: 'timing',
    guarantees: [1, 5],
    async run(store) {
      const participant = await store.open();
      await store.working(participant, { b: 'two' });
      const { waiting, holder } = await contend(store, participant);
      await participant.close();
      await waiting();
      if (!(store.fixture.survivesCrash ?? true)) return;
      const after = await store.open();
      await expectInDoubt(after, [holder], 'after close and open');
      await after.commit(holder);
      await store.expectCommitted({ a: 'one', b: undefined }, 'after the commit');
    },
  },
];

/** A branch that is prepared, and one that wants to write where it did and would wait for a minute. */
async function contend(store: StoreUnderTest, participant: Participant, signal: AbortSignal = new AbortController().signal) {
  const holder = await store.prepared(participant, { a: 'one' });
  const other = store.newTransaction();
  const handle = await store.enlist(participant, other, { timeoutMs: PATIENT_MS, signal });
  let isOver = false;
  const writing = rejectionOf(store.fixture.write(handle, 'a', 'two')).finally(() => {
    isOver = true;
  });
  await new Promise((resolve) => setTimeout(resolve, BEGUN_MS));
  const waiting = async () => {
    const late = new Promise((resolve) => setTimeout(resolve, store.callMs).unref());
    await Promise.race([writing, late]);
    assert.ok(isOver, `the write that waited did not end within ${store.callMs} ms (limits.callMs) of what should have ended it`);
  };
  return { holder, other, waiting };
}
