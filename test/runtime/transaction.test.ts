/**
 * Method: a manager over two scripted stores that fail, refuse, hang and lose answers at each call, in hand-turned time.
 * Each test says what the client hears and what the stores are left with; after each, the recorded run must be a behaviour of
 * TwoPhaseCommit (test/runtime/spec-behaviour.ts), and no timer may be left.
 */
import { getEventListeners } from 'node:events';
import { afterEach, beforeEach, describe, expect, expectTypeOf, it } from 'vitest';
import {
  CrossboundError,
  InDoubtError,
  LogPoisonedError,
  PrepareRefusedError,
  TransactionAbortedError,
} from '../../src/protocol/errors.ts';
import { CloseError } from '../../src/runtime/close-report.ts';
import type { Crossbound } from '../../src/runtime/crossbound.ts';
import type { TransactionScope } from '../../src/runtime/transaction.ts';
import { ManagerFixture, settledAs } from './manager-fixture.ts';
import { fails, hangs, losesAnswer, refuses, type ScriptedHandle, ScriptedParticipant, waitsFor } from './scripted-participant.ts';

const TIMEOUTS = { transactionMs: 30_000, prepareMs: 10_000, decisionMs: 7_000, attemptMs: 5_000, settleMs: 3_000, closeMs: 4_000 };

let fixture: ManagerFixture;
let manager: Crossbound;
let left: ScriptedParticipant;
let right: ScriptedParticipant;

beforeEach(async () => {
  fixture = new ManagerFixture();
  ({ left, right } = fixture);
  manager = await fixture.start({ timeouts: TIMEOUTS });
});
afterEach(() => fixture.end());

const inBoth = async (tx: TransactionScope) => {
  await tx.enlist(left);
  await tx.enlist(right);
  return tx.id;
};
const run = <Value>(promise: Promise<Value>) => fixture.environment.run(promise);
const failure = async (promise: Promise<unknown>): Promise<TransactionAbortedError> => {
  const error = await run(promise).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof TransactionAbortedError)) throw new Error(`not rolled back, but ${String(error)}`);
  return error;
};
const holdNothing = () => {
  for (const store of [left, right]) expect([...store.working, ...store.prepared, ...store.committed]).toEqual([]);
};

describe('a transaction that goes well', () => {
  it('commits in every store, and gives what the work returned', async () => {
    const id = await run(manager.transaction(inBoth));
    await fixture.environment.settle();
    expect([...left.committed]).toEqual([id]);
    expect([...right.committed]).toEqual([id]);
    expect(manager.outcome(id)).toBe('committed');
    expect(manager.stats()).toMatchObject({ active: 0, queued: 0, recovering: 0, inDoubt: 0, committed: 1, aborted: 0 });
  });

  it('asks all stores to prepare before any has answered', async () => {
    await run(manager.transaction(inBoth));
    const prepares = fixture.calls.filter((call) => call.includes('prepare'));
    expect(prepares.slice(0, 2)).toEqual(['left prepare', 'right prepare']);
  });

  it('tells the client of a commit that a store has not carried out once settleMs have passed', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    right.next('commit', waitsFor(promise));
    const tx = await run(manager.begin());
    await inBoth(tx);
    const begun = fixture.environment.now();
    await run(tx.commit());
    expect(fixture.environment.now() - begun).toBe(TIMEOUTS.settleMs);
    expect([...right.committed]).toEqual([]);
    expect(await Promise.race([tx.finished.then(() => 'finished'), Promise.resolve('not yet')])).toBe('not yet');
    resolve();
    await run(tx.finished);
    expect([...right.committed]).toEqual([tx.id]);
  });

  it('with one participant takes both phases', async () => {
    await run(manager.transaction((tx) => tx.enlist(left)));
    expect(left.calls).toEqual(['open', 'inDoubt', 'enlist', 'prepare', 'commit']);
  });

  it('without participants commits and leaves no record', async () => {
    expect(await run(manager.transaction(() => 'nothing to do'))).toBe('nothing to do');
    expect(fixture.records).toEqual([]);
    expect(manager.stats().active).toBe(0);
  });

  it('gives the handle of the participant that is enlisted, and an unknown one for a name', async () => {
    await run(
      manager.transaction(async (tx) => {
        const handle = await tx.enlist(left);
        expectTypeOf(handle).toEqualTypeOf<ScriptedHandle>();
        expect(handle.transaction).toBe(tx.id);
        expect(await tx.enlist('left')).toBe(handle);
        expectTypeOf(await tx.enlist('right')).toEqualTypeOf<unknown>();
      }),
    );
    expect(left.calls.filter((call) => call === 'enlist')).toHaveLength(1);
  });

  it('gives participants the bound for their waits, which is not above the time of the transaction', async () => {
    const options = async (timeoutMs?: number) =>
      run(manager.transaction(async (tx) => (await tx.enlist(left)).options.timeoutMs, timeoutMs ? { timeoutMs } : {}));
    expect([await options(), await options(1_000)]).toEqual([5_000, 1_000]);
  });
});

describe('the client', () => {
  it('that throws has its own error back, after everything is rolled back', async () => {
    const mistake = new Error('no money');
    const promise = manager.transaction(async (tx) => {
      await inBoth(tx);
      throw mistake;
    });
    await expect(run(promise)).rejects.toBe(mistake);
    holdNothing();
  });

  it('that throws before anything else has its own error back', async () => {
    const mistake = new Error('at once');
    const promise = manager.transaction(() => {
      throw mistake;
    });
    await expect(run(promise)).rejects.toBe(mistake);
  });

  it('that leaves the block of `await using` without a commit has rolled back', async () => {
    const work = async () => {
      await using tx = await manager.begin();
      await inBoth(tx);
      return tx.id;
    };
    const id = await run(work());
    holdNothing();
    expect(manager.outcome(id)).toBe('aborted');
  });

  it('that leaves the block of `await using` after a commit has committed', async () => {
    const work = async () => {
      await using tx = await manager.begin();
      await inBoth(tx);
      await tx.commit();
      return tx.id;
    };
    const id = await run(work());
    await fixture.environment.settle();
    expect([...left.committed]).toEqual([id]);
  });

  it('that does not wait for its commit at the end of `await using` has committed', async () => {
    const work = async () => {
      await using tx = await manager.begin();
      await inBoth(tx);
      tx.commit().catch(() => undefined);
      return tx.id;
    };
    expect(manager.outcome(await run(work()))).toBe('committed');
  });

  it.each([
    ['enlists after the commit', (tx: TransactionScope) => tx.enlist(left)],
    ['commits twice', (tx: { commit(): Promise<void> }) => tx.commit()],
    ['rolls back after the commit', (tx: { rollback(): Promise<void> }) => tx.rollback()],
  ])('that %s is told that it is over', async (_what, act) => {
    const tx = await run(manager.begin());
    await tx.enlist(left);
    await run(tx.commit());
    const error: unknown = await act(tx).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'TRANSACTION_ENDED', message: expect.stringContaining(`${tx.id} is committed already`) });
  });

  it('that rolls back while its commit is under way is refused', async () => {
    const tx = await run(manager.begin());
    await tx.enlist(left);
    const commit = tx.commit();
    await expect(tx.rollback()).rejects.toMatchObject({ code: 'TRANSACTION_ENDED', message: expect.stringContaining('being committed') });
    await run(commit);
  });

  it('that rolls back twice is fine, and commits in vain', async () => {
    const tx = await run(manager.begin());
    await inBoth(tx);
    await run(tx.rollback('changed my mind'));
    await run(tx.rollback());
    expect(await settledAs(tx.commit())).toBe('ROLLED_BACK');
    expect(await settledAs(tx.enlist(left))).toBe('ROLLED_BACK');
    await expect(tx.commit()).rejects.toThrow('changed my mind');
    holdNothing();
  });

  it('that commits before enlist has resolved is rolled back, and told why', async () => {
    const promise = manager.transaction(async (tx) => {
      tx.enlist(left).catch(() => undefined);
    });
    expect(await failure(promise)).toMatchObject({ code: 'ENLIST_PENDING', message: expect.stringContaining('"left"') });
    holdNothing();
  });

  it('that enlists what is not configured is told what is, and may go on', async () => {
    await run(
      manager.transaction(async (tx) => {
        await expect(tx.enlist('middle')).rejects.toThrow('There is no participant "middle"');
        await expect(tx.enlist(new ScriptedParticipant('left'))).rejects.toThrow('another object than the participant "left"');
        await tx.enlist(left);
      }),
    );
    expect(left.committed.size).toBe(1);
  });

  it('that asks for the outcome of what it never began hears that it is unknown', () => {
    expect(manager.outcome('e1-000000000000-99')).toBe('unknown');
    expect(manager.outcome('somebody-else')).toBe('unknown');
  });

  it('that asks while it works, and while a store has still to commit, hears what is decided', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    right.next('commit', waitsFor(promise));
    const tx = await run(manager.begin());
    await inBoth(tx);
    expect(manager.outcome(tx.id)).toBe('active');
    await run(tx.commit());
    expect(manager.outcome(tx.id)).toBe('committed');
    expect(fixture.actions()).toContain('AskOutcome');
    expect(manager.stats()).toMatchObject({ active: 1, committed: 1 });
    resolve();
    await run(tx.finished);
  });
});

describe('a store that fails before the decision', () => {
  it('at enlist rolls back everything, and is named with its error', async () => {
    right.next('enlist', fails('no such table'));
    const error = await failure(manager.transaction(inBoth));
    expect(error).toMatchObject({ code: 'PARTICIPANT_FAILED', kind: 'retryable', cause: new Error('no such table') });
    expect(error.message).toContain('"right" could not be enlisted: no such table');
    holdNothing();
    expect(fixture.actions()).toContain('AbortUnilaterally right');
    expect(right.calls).not.toContain('rollback');
  });

  it('at enlist with an error that stays is not worth another attempt', async () => {
    right.next('enlist', () => {
      throw new CrossboundError('MISCONFIGURED', 'terminal', 'never');
    });
    expect((await failure(manager.transaction(inBoth))).kind).toBe('terminal');
  });

  it('at enlist dooms the transaction, even if the work goes on', async () => {
    right.next('enlist', fails());
    const promise = manager.transaction(async (tx) => {
      await tx.enlist(left);
      await tx.enlist(right).catch(() => undefined);
      return 'never mind';
    });
    expect((await failure(promise)).code).toBe('PARTICIPANT_FAILED');
    holdNothing();
  });

  it('at prepare by refusing rolls back everything, with its reason, and is not asked to roll back what it does not hold', async () => {
    right.next('prepare', (_work, transaction) => {
      right.working.delete(transaction);
      throw new PrepareRefusedError('balance below zero');
    });
    const error = await failure(manager.transaction(inBoth));
    expect(error).toMatchObject({ code: 'PREPARE_REFUSED', kind: 'terminal', cause: expect.any(PrepareRefusedError) });
    expect(error.message).toContain('"right" refused to prepare it: balance below zero');
    holdNothing();
    expect(right.calls).not.toContain('rollback');
  });

  it('at prepare by refusing for a reason that passes may be tried again', async () => {
    right.next('prepare', refuses('serialization failure', 'retryable'));
    expect((await failure(manager.transaction(inBoth))).kind).toBe('retryable');
    right.working.clear();
  });

  it.each(['enlist', 'prepare'] as const)('with a poisoned journal at %s is not worth another try', async (call) => {
    const poisoned = new LogPoisonedError('the disk is full');
    left.next(call, () => {
      throw poisoned;
    });
    const error = await failure(manager.transaction(inBoth));
    expect(error).toMatchObject({ code: 'PARTICIPANT_FAILED', kind: 'terminal', cause: poisoned });
  });

  it('names the store that failed, also where that threw nothing', async () => {
    right.next('prepare', () => Promise.reject(undefined));
    const error = await failure(manager.transaction(inBoth));
    expect(error.message).toContain('the participant "right" did not prepare it: undefined');
  });

  it('at prepare, having prepared nothing, is asked, cleaned up and voted down without waiting for a time-out', async () => {
    right.next('prepare', fails('socket closed'));
    const begun = fixture.environment.now();
    const error = await failure(manager.transaction(inBoth));
    expect(error).toMatchObject({ code: 'PARTICIPANT_FAILED', cause: new Error('socket closed') });
    expect(error.message).toContain('"right" did not prepare it: socket closed');
    expect(fixture.environment.now()).toBe(begun);
    expect(fixture.actions()).toContain('CrashParticipant right');
    holdNothing();
  });

  it('at prepare, having prepared and lost the answer, is asked, and the transaction still commits', async () => {
    right.next('prepare', losesAnswer);
    const id = await run(manager.transaction(inBoth));
    await fixture.environment.settle();
    expect([...right.committed]).toEqual([id]);
    expect(fixture.actions()).toContain('VoteAgain right');
  });

  it('at prepare, and cannot say what it has for too long, is rolled back when it is back', async () => {
    right.next('prepare', losesAnswer).always('inDoubt', fails('connection refused'));
    const error = await failure(manager.transaction(inBoth));
    expect(error).toMatchObject({ code: 'PARTICIPANT_FAILED', kind: 'retryable', cause: new Error('connection lost') });
    expect(error.message).toContain('"right" could not say whether it has prepared: connection lost');
    expect([...right.prepared]).toEqual([error.transaction]);
    expect(manager.stats().active).toBe(1);
    right.behave();
    await fixture.environment.pass(3_000);
    holdNothing();
    expect(manager.stats().active).toBe(0);
  });

  it('at its roll-back is asked again, with growing waits, and the client is told after its time', async () => {
    right.next('rollback', fails('gone'), fails('gone'), () => hangs());
    const begun = fixture.environment.now();
    await expect(
      run(
        manager.transaction(async (tx) => {
          await inBoth(tx);
          throw new Error('mine');
        }),
      ),
    ).rejects.toThrow('mine');
    expect(fixture.environment.now() - begun).toBe(TIMEOUTS.settleMs);
    await fixture.environment.pass(TIMEOUTS.attemptMs + 3_000);
    holdNothing();
    expect(right.calls.filter((call) => call === 'rollback')).toHaveLength(4);
    expect(manager.stats().active).toBe(0);
  });
});

describe('a store that fails after the decision', () => {
  it('is told to commit until it has, and the client, told then, hears nothing of the failures', async () => {
    right.next('commit', fails('gone'), losesAnswer);
    const id = await run(manager.transaction(inBoth));
    expect([...right.committed]).toEqual([id]);
    expect(right.calls.filter((call) => call === 'commit')).toHaveLength(3);
    expect(manager.stats().active).toBe(0);
  });

  it('by hanging is given up after its deadline and told again; no more than three calls hang at a time', async () => {
    right.always('commit', () => hangs());
    const id = await run(manager.transaction(inBoth));
    await fixture.environment.pass(20 * TIMEOUTS.attemptMs);
    expect(right.underWay).toBe(3);
    expect(manager.stats().active).toBe(1);
    expect(await run(manager.inDoubt())).toEqual([{ transaction: id, participant: 'right' }]);
  });

  it('is left in doubt when the manager closes, within its deadlines', async () => {
    right.always('commit', fails('gone'));
    const tx = await run(manager.begin());
    await inBoth(tx);
    await run(tx.commit());
    const begun = fixture.environment.now();
    const report = await run(manager.close());
    expect(fixture.environment.now() - begun).toBe((TIMEOUTS.closeMs * 3) / 4);
    expect(report).toEqual({ handedOver: [{ transaction: tx.id, outcome: 'committed', participants: ['right'] }] });
    expect(manager.stats().abandoned).toBe(1);
    await expect(tx.finished).rejects.toBeInstanceOf(InDoubtError);
    expect([...right.prepared]).toEqual([tx.id]);
    const { length } = fixture.records;
    expect(manager.outcome(tx.id)).toBe('committed');
    expect(fixture.records).toHaveLength(length);
  });
});

describe('a time-out', () => {
  it('while the client works rolls back, interrupts the work, and aborts the signal that it has', async () => {
    let signal: AbortSignal | undefined;
    const promise = manager.transaction(async (tx) => {
      await inBoth(tx);
      ({ signal } = tx);
      await hangs();
    });
    const error = await failure(promise);
    expect(error).toMatchObject({ code: 'TIMEOUT', kind: 'retryable' });
    expect(error.message).toContain('was not committed within 30000 ms');
    expect(signal?.reason).toBe(error);
    holdNothing();
  });

  it('of one transaction is its own', async () => {
    const begun = fixture.environment.now();
    await failure(
      manager.transaction(
        async (tx) => {
          await inBoth(tx);
          await hangs();
        },
        { timeoutMs: 50 },
      ),
    );
    expect(fixture.environment.now() - begun).toBe(50);
  });

  it('while a store is enlisted names it, and rolls it back when it comes', async () => {
    const { promise: later, resolve } = Promise.withResolvers<void>();
    right.next('enlist', waitsFor(later));
    const error = await failure(manager.transaction(inBoth));
    expect(error).toMatchObject({ code: 'TIMEOUT', message: expect.stringContaining('waiting for "right"') });
    resolve();
    await fixture.environment.settle();
    holdNothing();
    expect(manager.stats().active).toBe(0);
  });

  it('of the votes rolls back, and names who did not vote', async () => {
    const { promise: later, resolve } = Promise.withResolvers<void>();
    right.next('prepare', waitsFor(later));
    const begun = fixture.environment.now();
    const error = await failure(manager.transaction(inBoth));
    expect(error).toMatchObject({ code: 'TIMEOUT', kind: 'retryable' });
    expect(error.message).toContain('"right" did not vote within 10000 ms');
    expect(fixture.environment.now() - begun).toBe(TIMEOUTS.prepareMs + TIMEOUTS.settleMs);
    expect(fixture.actions()).toContain('VoteTimeOut');
    // Never rolled back while it prepares: the roll-back might overtake it, and leave it prepared for ever.
    expect(right.calls).not.toContain('rollback');
    resolve();
    await fixture.environment.settle();
    holdNothing();
  });

  it('of the votes, and the late store then fails without saying how, is followed by its roll-back', async () => {
    const { promise: later, resolve } = Promise.withResolvers<void>();
    right.next('prepare', async (work) => {
      await later;
      work();
      throw new Error('connection lost');
    });
    expect((await failure(manager.transaction(inBoth))).code).toBe('TIMEOUT');
    resolve();
    await fixture.environment.settle();
    holdNothing();
    expect(fixture.actions()).not.toContain('CrashParticipant right');
  });

  it('of the votes, and the late store then refuses, ends it', async () => {
    const { promise: later, resolve } = Promise.withResolvers<void>();
    right.next('prepare', async (_work, transaction) => {
      await later;
      right.working.delete(transaction);
      throw new PrepareRefusedError('late');
    });
    expect((await failure(manager.transaction(inBoth))).code).toBe('TIMEOUT');
    resolve();
    await fixture.environment.settle();
    holdNothing();
    expect(manager.stats().active).toBe(0);
  });

  it('of the decision leaves the client in doubt, and the decision goes on', async () => {
    const tx = await run(manager.begin());
    await inBoth(tx);
    const release = fixture.environment.files.holdSyncs();
    const error: unknown = await run(tx.commit()).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(InDoubtError);
    expect(error).toMatchObject({ transaction: tx.id, kind: 'inDoubt', message: expect.stringContaining('timeouts.decisionMs') });
    expect(manager.outcome(tx.id)).toBe('active');
    release();
    await run(tx.finished);
    expect(manager.outcome(tx.id)).toBe('committed');
    expect([...left.committed]).toEqual([tx.id]);
  });
});

describe('an AbortSignal', () => {
  const reason = new Error('user left');
  let control: AbortController;
  beforeEach(() => {
    control = new AbortController();
  });

  it('that was aborted before begins nothing', async () => {
    control.abort(reason);
    expect(await settledAs(manager.transaction(inBoth, { signal: control.signal }))).toBe('ABORTED_BY_SIGNAL');
    expect(left.calls).not.toContain('enlist');
    expect(manager.stats().active).toBe(0);
  });

  it('while a store is enlisted rolls back', async () => {
    right.next('enlist', () => control.abort(reason));
    const error = await failure(manager.transaction(inBoth, { signal: control.signal }));
    expect(error).toMatchObject({ code: 'ABORTED_BY_SIGNAL', kind: 'terminal', cause: reason });
    holdNothing();
  });

  it('while the client works rolls back', async () => {
    const promise = manager.transaction(
      async (tx) => {
        await inBoth(tx);
        control.abort(reason);
        await hangs();
      },
      { signal: control.signal },
    );
    expect(await failure(promise)).toMatchObject({ code: 'ABORTED_BY_SIGNAL', message: expect.stringContaining('user left') });
    holdNothing();
  });

  it('while votes are awaited rolls back', async () => {
    right.next('prepare', (work) => {
      work();
      control.abort(reason);
    });
    expect((await failure(manager.transaction(inBoth, { signal: control.signal }))).code).toBe('ABORTED_BY_SIGNAL');
    holdNothing();
    expect(fixture.actions()).toContain('VoteTimeOut');
  });

  it('while the decision is written comes too late', async () => {
    const tx = await run(manager.begin({ signal: control.signal }));
    await inBoth(tx);
    const release = fixture.environment.files.holdSyncs();
    const commit = tx.commit();
    await fixture.environment.settle();
    control.abort(reason);
    release();
    await run(commit);
    expect(tx.signal.aborted).toBe(false);
    expect(await settledAs(tx.rollback())).toBe('TRANSACTION_ENDED');
  });

  it('after the end does nothing, and is let go', async () => {
    const id = await run(manager.transaction(inBoth, { signal: control.signal }));
    expect(getEventListeners(control.signal, 'abort')).toEqual([]);
    control.abort(reason);
    await fixture.environment.settle();
    expect(manager.outcome(id)).toBe('committed');
  });

  it('of a transaction that failed by itself is let go', async () => {
    right.next('enlist', fails());
    await failure(manager.transaction(inBoth, { signal: control.signal }));
    expect(getEventListeners(control.signal, 'abort')).toEqual([]);
  });
});

describe('close', () => {
  it('waits for those under way, and takes no more', async () => {
    const tx = await run(manager.begin());
    await inBoth(tx);
    const closing = manager.close();
    expect(await settledAs(manager.begin())).toBe('CLOSED');
    await run(tx.commit());
    await run(closing);
    expect([...left.committed]).toEqual([tx.id]);
    expect(left.calls.at(-1)).toBe('close');
  });

  it('rolls back those that do not end in time', async () => {
    const tx = await run(manager.begin());
    await inBoth(tx);
    await run(manager.close());
    holdNothing();
    expect(await settledAs(tx.commit())).toBe('CLOSED');
  });

  it('leaves a decision that the disk does not take to recovery', async () => {
    const tx = await run(manager.begin());
    await inBoth(tx);
    const release = fixture.environment.files.holdSyncs();
    const commit = tx.commit();
    commit.catch(() => undefined);
    const closing = manager.close();
    await fixture.environment.pass((TIMEOUTS.closeMs * 3) / 4);
    await expect(commit).rejects.toBeInstanceOf(InDoubtError);
    release();
    expect(await run(closing)).toEqual({ handedOver: [{ transaction: tx.id, outcome: 'unknown', participants: ['left', 'right'] }] });
    expect([...left.prepared]).toEqual([tx.id]);
    expect(left.committed.size).toBe(0);
  });

  it('twice is once', async () => {
    await run(Promise.all([manager.close(), manager.close()]));
    expect(left.calls.filter((call) => call === 'close')).toHaveLength(1);
  });

  it('names a log that does not close, and closes the stores', async () => {
    const release = fixture.environment.files.holdSyncs();
    const commit = manager.transaction((tx) => tx.enlist(left));
    commit.catch(() => undefined);
    await fixture.environment.settle();
    await expect(run(manager.close())).rejects.toThrow('The decision log could not be closed: It took longer than 1000 ms');
    expect(right.calls.at(-1)).toBe('close');
    release();
    await fixture.environment.settle();
  });

  it('names a store that does not close, and closes the others', async () => {
    left.next('close', () => hangs());
    await expect(run(manager.close())).rejects.toThrow(
      '"left" could not be closed: It took longer than 2000 ms, what timeouts.closeMs left.',
    );
    expect(right.calls.at(-1)).toBe('close');
  });

  it.each(['enlist', 'prepare', 'commit', 'rollback'] as const)(
    'takes no longer than closeMs in all where a store answers nothing, from %s to close, and says what it hands over',
    async (call) => {
      for (const method of [call, 'rollback', 'inDoubt', 'close'] as const) right.always(method, () => hangs());
      const tx = await run(manager.begin());
      const enlisting = inBoth(tx);
      enlisting.catch(() => undefined);
      await fixture.environment.settle();
      if (call !== 'enlist') tx.commit().catch(() => undefined);
      const begun = fixture.environment.now();
      const error: unknown = await run(manager.close()).catch((thrown: unknown) => thrown);
      expect(fixture.environment.now() - begun).toBe(call === 'rollback' ? TIMEOUTS.closeMs / 2 : TIMEOUTS.closeMs);
      expect(error).toBeInstanceOf(CloseError);
      const outcome = call === 'commit' ? 'committed' : 'aborted';
      expect(error).toMatchObject({
        code: 'CLOSE_FAILED',
        errors: [{ message: expect.stringContaining('"right" could not be closed') }],
        handedOver: call === 'rollback' ? [] : [{ transaction: tx.id, outcome, participants: ['right'] }],
      });
      expect(left.calls.at(-1)).toBe('close');
    },
  );

  it('has nothing to hand over where all has ended', async () => {
    await run(manager.transaction(inBoth));
    expect(await run(manager.close())).toEqual({ handedOver: [] });
  });
});
