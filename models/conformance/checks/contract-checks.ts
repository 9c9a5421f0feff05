/** What every participant does while nothing crashes. */
import assert from 'node:assert/strict';
import { ParticipantName } from '../../../src/protocol/identifiers.ts';
import { type ConformanceCheck, NotApplicableError } from '../conformance-check.ts';
import { expectInDoubt, expectNoRefusal, expectRefused, rejectionOf } from '../store-under-test.ts';

const METHODS = ['open', 'enlist', 'prepare', 'commit', 'rollback', 'inDoubt', 'close'] as const;

export const contractChecks: readonly ConformanceCheck[] = [
  {
    name: 'it has a legal name, and every method',
    group: 'contract',
    guarantees: [],
    async run(store) {
      const participant = store.fixture.participant(store.place);
      const name = ParticipantName.safeParse(participant.name);
      assert.ok(name.success, `the name ${JSON.stringify(participant.name)} ${name.error?.issues[0]?.message}`);
      for (const method of METHODS) assert.equal(typeof participant[method], 'function', `${method} must be a function`);
    },
  },
  {
    name: 'a branch reads its own writes, and nobody else does before the commit',
    group: 'contract',
    guarantees: [],
    async run(store) {
      const participant = await store.open();
      const tx = store.newTransaction();
      const handle = await store.enlist(participant, tx);
      await store.write(handle, 'a', 'one');
      assert.equal(await store.read(handle, 'a'), 'one', 'a branch must read what it has written');
      await store.expectCommitted({ a: undefined }, 'before the prepare');
      await participant.prepare(tx);
      await store.expectCommitted({ a: undefined }, 'after the prepare');
      await participant.commit(tx);
      await store.expectCommitted({ a: 'one' }, 'after the commit');
    },
  },
  {
    name: 'a branch that is rolled back leaves nothing, and frees what it held',
    group: 'contract',
    guarantees: [],
    async run(store) {
      const participant = await store.open();
      await participant.rollback(await store.working(participant, { a: 'one' }));
      await participant.rollback(await store.prepared(participant, { a: 'two' }));
      await store.expectCommitted({ a: undefined }, 'after the rollback');
      await participant.commit(await store.prepared(participant, { a: 'three' }));
      await store.expectCommitted({ a: 'three' }, 'after the next commit');
    },
  },
  {
    name: 'to prepare what was never enlisted, or was rolled back, is refused',
    group: 'contract',
    guarantees: [2],
    async run(store) {
      const participant = await store.open();
      await expectRefused(participant, store.newTransaction(), 'a transaction that was never enlisted');
      const tx = await store.working(participant, { a: 'one' });
      await participant.rollback(tx);
      await expectRefused(participant, tx, 'a branch that was rolled back');
      await expectInDoubt(participant, [], 'after refused prepares');
      await store.expectCommitted({ a: undefined }, 'after refused prepares');
    },
  },
  {
    name: 'a prepare that is said again is no refusal of what is prepared',
    group: 'contract',
    guarantees: [1, 2],
    async run(store) {
      const participant = await store.open();
      const tx = await store.working(participant, { a: 'one' });
      const votes = [participant.prepare(tx), participant.prepare(tx)];
      await Promise.allSettled(votes);
      for (const vote of votes) await expectNoRefusal(vote);
      await expectNoRefusal(participant.prepare(tx));
      await expectInDoubt(participant, [tx], 'after repeated prepares');
      await participant.commit(tx);
      await store.expectCommitted({ a: 'one' }, 'after the commit');
    },
  },
  {
    name: 'a commit before the prepare is refused, and commits nothing',
    group: 'contract',
    guarantees: [],
    async run(store) {
      const participant = await store.open();
      const tx = await store.working(participant, { a: 'one' });
      assert.ok(await rejectionOf(participant.commit(tx)), 'commit of a branch that works and is not prepared must reject');
      await store.expectCommitted({ a: undefined }, 'after the refused commit');
      await participant.rollback(tx);
    },
  },
  {
    name: 'work that comes after the prepare is no part of the transaction',
    group: 'contract',
    guarantees: [1],
    async run(store) {
      const participant = await store.open();
      const tx = store.newTransaction();
      const handle = await store.enlist(participant, tx);
      await store.write(handle, 'a', 'one');
      await participant.prepare(tx);
      assert.ok(await rejectionOf(store.write(handle, 'b', 'late')), 'a write after the prepare must reject');
      await participant.commit(tx);
      assert.ok(await rejectionOf(store.write(handle, 'c', 'later')), 'a write after the commit must reject');
      await store.expectCommitted({ a: 'one', b: undefined, c: undefined }, 'after the commit');
    },
  },
  {
    name: 'a branch that wrote nothing goes through both phases',
    group: 'contract',
    guarantees: [1, 3],
    async run(store) {
      const participant = await store.open();
      for (const end of ['commit', 'rollback'] as const) {
        const tx = await store.prepared(participant, {});
        await participant[end](tx);
        await expectInDoubt(participant, [], `after ${end}`);
      }
    },
  },
  {
    name: 'what a refused second enlist asked for is no part of the first',
    group: 'contract',
    guarantees: [],
    async run(store) {
      const participant = await store.open();
      const tx = await store.working(participant, { a: 'one' });
      assert.ok(await rejectionOf(store.enlist(participant, tx)), 'a second enlist of a transaction must reject');
      await participant.prepare(tx);
      await participant.commit(tx);
      await store.expectCommitted({ a: 'one' }, 'after the commit');
    },
  },
  {
    name: 'a rollback while the prepare is under way leaves nothing',
    group: 'contract',
    guarantees: [2, 4],
    async run(store) {
      const participant = await store.open();
      const tx = await store.working(participant, { a: 'one' });
      const preparing = rejectionOf(participant.prepare(tx));
      await participant.rollback(tx);
      await preparing;
      await expectInDoubt(participant, [], 'after prepare and rollback have ended');
      await participant.commit(await store.prepared(participant, { a: 'two' }));
      await store.expectCommitted({ a: 'two' }, 'after the next commit');
    },
  },
  {
    name: 'after close, nothing is pretended to be done',
    group: 'contract',
    guarantees: [1, 3],
    async run(store) {
      const participant = await store.open();
      const tx = await store.prepared(participant, { a: 'one' });
      await participant.close();
      const calls = {
        commit: () => participant.commit(tx),
        prepare: () => participant.prepare(tx),
        inDoubt: () => participant.inDoubt(),
        enlist: () => store.enlist(participant, store.newTransaction()),
      };
      for (const [name, call] of Object.entries(calls)) assert.ok(await rejectionOf(call()), `${name} after close must reject`);
    },
  },
  {
    name: 'ping answers while the store is open, and rejects once it is closed',
    group: 'contract',
    guarantees: [],
    async run(store) {
      const participant = await store.open();
      if (participant.ping === undefined) throw new NotApplicableError('the participant has no ping, and inDoubt is asked instead');
      const tx = await store.prepared(participant, { a: 'one' });
      await participant.ping();
      await expectInDoubt(participant, [tx], 'after a ping');
      await participant.commit(tx);
      await participant.close();
      assert.ok(await rejectionOf(participant.ping()), 'ping after close must reject');
    },
  },
];
