/**
 * Method: the numbered guarantees of `Participant` (src/runtime/participant.ts), each as a situation that any store can be
 * put into through the interface alone. A store's own test file calls {@link describeParticipantContract} with a
 * fixture, and adds what only it can do (crashes at a byte, a server that dies).
 */
import { afterEach, describe, expect, it } from 'vitest';
import { PrepareRefusedError } from '../../src/protocol/errors.ts';
import type { Participant } from '../../src/runtime/participant.ts';

/** One store under test. Every key is one place of it: a row, an entry. */
export interface ParticipantFixture<Handle> {
  /** Open, for the coordinator that `create` was given. */
  readonly participant: Participant<Handle>;
  /**
   * Ends the current participant as abruptly as the store allows and opens a new one over what survived, for the given
   * coordinator (default: the same). Absent where nothing survives.
   */
  reopen?(coordinator?: string): Promise<Participant<Handle>>;
  write(handle: Handle, key: string, value: string): Promise<void>;
  /** What a branch sees. */
  read(handle: Handle, key: string): Promise<string | undefined>;
  /** What is committed, without waiting for any branch. */
  committed(key: string): Promise<string | undefined>;
  /** Closes everything and removes what was created. Also called after a failed test. */
  dispose(): Promise<void>;
}

const COORDINATOR = 'contract-coordinator';

/** Runs the contract on the stores that `create` makes: a fresh, empty one for each test. */
export function describeParticipantContract<Handle>(
  title: string,
  create: (coordinator: string) => Promise<ParticipantFixture<Handle>>,
  options: { survivesCrash: boolean },
): void {
  describe(`${title} keeps the participant contract`, () => {
    let fixture: ParticipantFixture<Handle> | undefined;
    let serial = 0;
    const nextTransaction = () => `contract-${process.pid}-${++serial}`;

    const setUp = async () => {
      fixture = await create(COORDINATOR);
      return fixture;
    };
    const enlist = (participant: Participant<Handle>, tx: string) =>
      participant.enlist(tx, { timeoutMs: 2_000, signal: new AbortController().signal });
    const prepared = async (of: ParticipantFixture<Handle>, key: string, value: string) => {
      const tx = nextTransaction();
      await of.write(await enlist(of.participant, tx), key, value);
      await of.participant.prepare(tx);
      return tx;
    };

    afterEach(async () => {
      await fixture?.dispose();
      fixture = undefined;
    });

    it('a branch reads its own writes, and nobody else does before the commit', async () => {
      const store = await setUp();
      const tx = nextTransaction();
      const handle = await enlist(store.participant, tx);
      await store.write(handle, 'a', 'one');
      expect(await store.read(handle, 'a')).toBe('one');
      expect(await store.committed('a')).toBeUndefined();
      await store.participant.prepare(tx);
      expect(await store.committed('a')).toBeUndefined();
      await store.participant.commit(tx);
      expect(await store.committed('a')).toBe('one');
    });

    it('a prepared branch that is rolled back leaves nothing (1)', async () => {
      const store = await setUp();
      const tx = await prepared(store, 'a', 'one');
      await store.participant.rollback(tx);
      expect(await store.committed('a')).toBeUndefined();
      expect(await store.participant.inDoubt()).not.toContain(tx);
    });

    it('a branch that is rolled back before its prepare leaves nothing, and frees what it held', async () => {
      const store = await setUp();
      const tx = nextTransaction();
      await store.write(await enlist(store.participant, tx), 'a', 'one');
      await store.participant.rollback(tx);
      const next = await prepared(store, 'a', 'two');
      await store.participant.commit(next);
      expect(await store.committed('a')).toBe('two');
    });

    it('to prepare what was never enlisted, or was rolled back, is refused (2)', async () => {
      const store = await setUp();
      await expect(store.participant.prepare(nextTransaction())).rejects.toBeInstanceOf(PrepareRefusedError);
      const tx = nextTransaction();
      await store.write(await enlist(store.participant, tx), 'a', 'one');
      await store.participant.rollback(tx);
      await expect(store.participant.prepare(tx)).rejects.toBeInstanceOf(PrepareRefusedError);
      expect(await store.participant.inDoubt()).toEqual([]);
    });

    it('commit and rollback may be said again, and of a transaction that is unknown (3)', async () => {
      const store = await setUp();
      const committed = await prepared(store, 'a', 'one');
      await store.participant.commit(committed);
      await store.participant.commit(committed);
      const rolledBack = await prepared(store, 'a', 'two');
      await store.participant.rollback(rolledBack);
      await store.participant.rollback(rolledBack);
      await store.participant.commit(nextTransaction());
      await store.participant.rollback(nextTransaction());
      expect(await store.committed('a')).toBe('one');
    });

    it('two commits of one branch at the same time have the effect of one (3)', async () => {
      const store = await setUp();
      const tx = await prepared(store, 'a', 'one');
      await Promise.all([store.participant.commit(tx), store.participant.commit(tx)]);
      expect(await store.committed('a')).toBe('one');
    });

    it('inDoubt names the prepared branches and no other (4)', async () => {
      const store = await setUp();
      const working = nextTransaction();
      await store.write(await enlist(store.participant, working), 'w', 'x');
      const first = await prepared(store, 'a', 'one');
      const second = await prepared(store, 'b', 'two');
      expect([...(await store.participant.inDoubt())].sort()).toEqual([first, second].sort());
      await store.participant.commit(first);
      expect(await store.participant.inDoubt()).toEqual([second]);
      await store.participant.rollback(second);
      await store.participant.rollback(working);
      expect(await store.participant.inDoubt()).toEqual([]);
    });

    it('branches on different keys do not wait for each other', async () => {
      const store = await setUp();
      const transactions = await Promise.all(['a', 'b', 'c', 'd'].map((key) => prepared(store, key, `of-${key}`)));
      await Promise.all(transactions.map((tx) => store.participant.commit(tx)));
      expect(await Promise.all(['a', 'b', 'c', 'd'].map((key) => store.committed(key)))).toEqual(['of-a', 'of-b', 'of-c', 'of-d']);
    });

    if (!options.survivesCrash) return;
    const reopened = (store: ParticipantFixture<Handle>, coordinator?: string) => {
      if (!store.reopen) throw new Error('a store that survives a crash needs `reopen` in its fixture');
      return store.reopen(coordinator);
    };

    it('a prepared branch survives a restart and can then be committed (1, 4)', async () => {
      const store = await setUp();
      const tx = await prepared(store, 'a', 'one');
      const after = await reopened(store);
      expect(await after.inDoubt()).toEqual([tx]);
      expect(await store.committed('a')).toBeUndefined();
      await after.commit(tx);
      expect(await store.committed('a')).toBe('one');
      expect(await after.inDoubt()).toEqual([]);
    });

    it('a prepared branch survives a restart and can then be rolled back (1, 4)', async () => {
      const store = await setUp();
      const tx = await prepared(store, 'a', 'one');
      const after = await reopened(store);
      await after.rollback(tx);
      expect(await after.inDoubt()).toEqual([]);
      expect(await store.committed('a')).toBeUndefined();
    });

    it('a prepared branch still keeps others from its keys after a restart (1)', async () => {
      const store = await setUp();
      const tx = await prepared(store, 'a', 'one');
      const after = await reopened(store);
      const other = nextTransaction();
      const handle = await after.enlist(other, { timeoutMs: 100, signal: new AbortController().signal });
      await expect(store.write(handle, 'a', 'two')).rejects.toThrow();
      await after.rollback(other);
      await after.commit(tx);
      expect(await store.committed('a')).toBe('one');
    });

    it('a commit is durable when it resolves (3)', async () => {
      const store = await setUp();
      await store.participant.commit(await prepared(store, 'a', 'one'));
      const after = await reopened(store);
      expect(await store.committed('a')).toBe('one');
      expect(await after.inDoubt()).toEqual([]);
    });

    it('work that was not prepared is gone after a restart (5)', async () => {
      const store = await setUp();
      const tx = nextTransaction();
      await store.write(await enlist(store.participant, tx), 'a', 'one');
      const after = await reopened(store);
      expect(await store.committed('a')).toBeUndefined();
      expect(await after.inDoubt()).toEqual([]);
      await expect(after.prepare(tx)).rejects.toBeInstanceOf(PrepareRefusedError);
    });

    it("another coordinator's branches are neither listed nor decided (4)", async () => {
      const store = await setUp();
      const tx = await prepared(store, 'a', 'one');
      const stranger = await reopened(store, 'another-coordinator');
      expect(await stranger.inDoubt()).toEqual([]);
      await stranger.commit(tx);
      await stranger.rollback(tx);
      const own = await reopened(store);
      expect(await own.inDoubt()).toEqual([tx]);
      await own.commit(tx);
      expect(await store.committed('a')).toBe('one');
    });
  });
}
