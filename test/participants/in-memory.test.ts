/**
 * Method: what users of the handle rely on, beside what conformance.test.ts checks: isolation, bounds and errors. The journal shares
 * that code.
 */
import { describe, expect, it } from 'vitest';
import { InMemoryParticipant } from '../../src/participants/in-memory.ts';
import { MAX_BRANCHES } from '../../src/participants/key-value/key-value-participant.ts';
import { MAX_KEY_BYTES, MAX_WRITES_BYTES } from '../../src/participants/key-value/key-value-view.ts';
import { InvalidInputError, PrepareRefusedError } from '../../src/protocol/errors.ts';
import { nodeEnvironment } from '../../src/runtime/node-environment.ts';

const environment = nodeEnvironment();

async function store() {
  const participant = new InMemoryParticipant('memory');
  await participant.open({ coordinator: 'c', environment });
  const begin = (tx: string, timeoutMs = 1_000) => participant.enlist(tx, { timeoutMs, signal: new AbortController().signal });
  const finish = async (tx: string) => {
    await participant.prepare(tx);
    await participant.commit(tx);
  };
  const set = async (entries: Record<string, string>) => {
    const handle = await begin('setup');
    for (const [key, value] of Object.entries(entries)) await handle.put(key, value);
    await finish('setup');
  };
  return { participant, begin, finish, set };
}

describe('the handle', () => {
  it('reads its own writes and deletes over the committed state, entries included', async () => {
    const { participant, begin, finish, set } = await store();
    await set({ 'x/1': 'one', 'x/2': 'two', y: 'other' });
    const handle = await begin('t1');
    await handle.put('x/3', 'three');
    await handle.put('x/1', 'uno');
    await handle.put('x/0', 'zero');
    await handle.delete('x/2');
    await handle.delete('missing');
    expect(await handle.get('x/2')).toBeUndefined();
    expect(await handle.entries('x/')).toEqual([
      ['x/0', 'zero'],
      ['x/1', 'uno'],
      ['x/3', 'three'],
    ]);
    expect(await handle.entries()).toHaveLength(4);
    await finish('t1');
    expect([...participant.committed()].sort()).toEqual([
      ['x/0', 'zero'],
      ['x/1', 'uno'],
      ['x/3', 'three'],
      ['y', 'other'],
    ]);
  });

  it('does not let another write what it has read, nor read what it has written', async () => {
    const { begin, set } = await store();
    await set({ a: '1', b: '1' });
    const first = await begin('t1');
    await first.get('a');
    await first.put('b', '2');
    const second = await begin('t2', 20);
    expect(await second.get('a')).toBe('1');
    await expect(second.put('a', '2')).rejects.toMatchObject({ code: 'LOCK_TIMEOUT', kind: 'retryable' });
    await expect(second.get('b')).rejects.toMatchObject({ code: 'LOCK_TIMEOUT' });
    await expect(second.entries()).rejects.toMatchObject({ code: 'LOCK_TIMEOUT' });
  });

  it('loses no update between transactions that read and write one key', async () => {
    const { participant, begin, finish, set } = await store();
    await set({ counter: '0' });
    const add = async (index: number) => {
      const handle = await begin(`t${index}`, 5_000);
      await handle.put('counter', `${Number(await handle.getForUpdate('counter')) + 1}`);
      await finish(`t${index}`);
    };
    await Promise.all(Array.from({ length: 50 }, (_, index) => add(index)));
    expect(participant.committed().get('counter')).toBe('50');
  });

  it('keeps what it read until the outcome, prepared or not', async () => {
    const { participant, begin, finish, set } = await store();
    await set({ a: '1' });
    const reader = await begin('t1');
    await reader.get('a');
    await participant.prepare('t1');
    const writer = await begin('t2', 20);
    await expect(writer.put('a', '2')).rejects.toMatchObject({ code: 'LOCK_TIMEOUT' });
    await participant.commit('t1');
    await writer.put('a', '2');
    await finish('t2');
  });

  it('takes no work once its branch prepares or ends, also work that still waited', async () => {
    const { participant, begin } = await store();
    const holder = await begin('holder');
    await holder.put('a', '1');
    const handle = await begin('t1');
    const waiting = handle.put('a', '2').catch((error: unknown) => error);
    await participant.prepare('t1');
    expect(await waiting).toMatchObject({ code: 'BRANCH_ENDED' });
    await expect(handle.put('b', '1')).rejects.toMatchObject({ code: 'BRANCH_ENDED', message: expect.stringContaining('t1') });
    await participant.rollback('holder');
    await participant.commit('t1');
    expect(participant.committed().size).toBe(0);
  });

  it('ends a wait when the transaction is aborted', async () => {
    const { participant, begin } = await store();
    await (await begin('holder')).put('a', '1');
    const stop = new AbortController();
    const handle = await participant.enlist('t1', { timeoutMs: 5_000, signal: stop.signal });
    const waiting = handle.get('a');
    stop.abort();
    await expect(waiting).rejects.toMatchObject({ code: 'BRANCH_ENDED' });
  });

  it('refuses keys, values and write sets out of their bounds, and keeps what it had', async () => {
    const { participant, begin, finish } = await store();
    const handle = await begin('t1');
    await expect(handle.put('', 'x')).rejects.toBeInstanceOf(InvalidInputError);
    await expect(handle.get('k'.repeat(MAX_KEY_BYTES + 1))).rejects.toBeInstanceOf(InvalidInputError);
    await expect(handle.put('k', 7 as unknown as string)).rejects.toThrow(/JSON.stringify/);
    await handle.put('k', 'small');
    await expect(handle.put('k', 'v'.repeat(MAX_WRITES_BYTES))).rejects.toBeInstanceOf(InvalidInputError);
    const largest = 'v'.repeat(MAX_WRITES_BYTES - 17);
    await handle.put('k', largest);
    await handle.put('k', largest);
    await expect(handle.put('l', '')).rejects.toThrow(/several transactions/);
    await finish('t1');
    expect(participant.committed().get('k')).toBe(largest);
  });
});

describe('misuse is told apart from failure', () => {
  it('before open, after close and at a second open', async () => {
    const participant = new InMemoryParticipant('memory');
    await expect(participant.inDoubt()).rejects.toMatchObject({ code: 'NOT_OPEN' });
    await participant.open({ coordinator: 'c', environment });
    await expect(participant.open({ coordinator: 'c', environment })).rejects.toMatchObject({ code: 'ALREADY_OPEN' });
    await participant.close();
    await participant.close();
    await expect(participant.commit('t1')).rejects.toMatchObject({ code: 'NOT_OPEN' });
  });

  it('with names that no record could hold', async () => {
    expect(() => new InMemoryParticipant('a b')).toThrow(/participant "a b" must be 1 to 48/);
    await expect(new InMemoryParticipant('m').open({ coordinator: 'a b', environment })).rejects.toThrow(/coordinator "a b"/);
    const { begin } = await store();
    await expect(begin('a:b')).rejects.toBeInstanceOf(InvalidInputError);
    await begin('t1');
    await expect(begin('t1')).rejects.toMatchObject({ code: 'ALREADY_ENLISTED' });
  });

  it('with more branches than its bound, which have not ended', async () => {
    const { participant, begin } = await store();
    for (let index = 0; index < MAX_BRANCHES; index += 1) await begin(`t${index}`);
    await expect(begin('late')).rejects.toMatchObject({ code: 'TOO_MANY_BRANCHES', kind: 'retryable' });
    await participant.rollback('t0');
    await begin('late');
  });

  it('a commit before the prepare is refused', async () => {
    const { participant, begin } = await store();
    await begin('t1');
    await expect(participant.commit('t1')).rejects.toMatchObject({ code: 'NOT_PREPARED' });
  });

  it('two prepares of one branch are one vote, and none after a rollback', async () => {
    const { participant, begin } = await store();
    await begin('t1');
    await Promise.all([participant.prepare('t1'), participant.prepare('t1')]);
    await participant.prepare('t1');
    const rolledBack = participant.rollback('t1');
    await expect(participant.prepare('t1')).rejects.toBeInstanceOf(PrepareRefusedError);
    await rolledBack;
  });

  it('a commit and a rollback at once: the first stands, the second is a conflict', async () => {
    const { participant, begin } = await store();
    await (await begin('t1')).put('a', '1');
    await participant.prepare('t1');
    const outcomes = await Promise.allSettled([participant.commit('t1'), participant.rollback('t1')]);
    expect(outcomes).toMatchObject([{ status: 'fulfilled' }, { reason: { code: 'OUTCOME_CONFLICT' } }]);
    expect(participant.committed().get('a')).toBe('1');
  });
});
