/**
 * Method: beside conformance.test.ts, a disk in memory that fails and loses what was not flushed, in any order of sectors, with
 * a model of the keys as the oracle; then a real process killed at random.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_WRITES_BYTES } from '../../src/participants/key-value/key-value-view.ts';
import { decodeJournal } from '../../src/participants/key-value/recover-journal.ts';
import { UserspaceJournal } from '../../src/participants/userspace-journal.ts';
import type { Environment } from '../../src/protocol/environment.ts';
import { InvalidInputError, LockedError, LogPoisonedError, PrepareRefusedError } from '../../src/protocol/errors.ts';
import { nodeEnvironment } from '../../src/runtime/node-environment.ts';
import { FaultyFiles } from '../log/faulty-files.ts';
import { sayUntilKilled } from '../support/say-until-killed.ts';

const environment = nodeEnvironment();
const FILE = '/disk/journal/journal.log';

async function openOn(files: FaultyFiles, limits = {}) {
  const journal = new UserspaceJournal({ name: 'journal', directory: '/disk/journal', ...limits });
  const context: Environment = { ...environment, files };
  await journal.open({ coordinator: 'c', environment: context });
  const write = async (tx: string, entries: Record<string, string>) => {
    const handle = await journal.enlist(tx, { timeoutMs: 1_000, signal: new AbortController().signal });
    for (const [key, value] of Object.entries(entries)) await handle.put(key, value);
  };
  return { journal, write };
}
const settle = () => new Promise((resolve) => setImmediate(resolve));

describe('opening a journal', () => {
  it('names the field of a configuration that does not parse', () => {
    expect(() => new UserspaceJournal({ name: 'a b', directory: '/x' })).toThrow(InvalidInputError);
    expect(() => new UserspaceJournal({ name: 'a b', directory: '/x' })).toThrow(/name/);
    expect(() => new UserspaceJournal({ name: 'a', directory: '' })).toThrow(/directory/);
    expect(() => new UserspaceJournal({ name: 'a', directory: '/x', maxBytes: 1 } as never)).toThrow(/maxBytes/);
  });

  it('is refused while another one has the directory, and leaves it unlocked when it fails', async () => {
    const files = new FaultyFiles();
    const { journal } = await openOn(files);
    await expect(openOn(files)).rejects.toBeInstanceOf(LockedError);
    await journal.close();
    files.failNext('read', 'EIO');
    await expect(openOn(files)).rejects.toThrow('EIO');
    await (await openOn(files)).journal.close();
  });

  it('that failed can be tried again with the same object, since nothing was taken', async () => {
    const files = new FaultyFiles();
    files.failNext('read', 'EIO');
    const journal = new UserspaceJournal({ name: 'again', directory: '/again' });
    const context = { coordinator: 'c', environment: { ...nodeEnvironment(), files } };
    await expect(journal.open(context)).rejects.toThrow('EIO');
    await journal.open(context);
    await expect(journal.open(context)).rejects.toMatchObject({ code: 'ALREADY_OPEN' });
    await journal.close();
  });
});

describe('a vote', () => {
  it('is given only when its record is durable (1)', async () => {
    const files = new FaultyFiles();
    const { journal, write } = await openOn(files);
    await write('t1', { a: '1' });
    const release = files.holdSyncs();
    let voted = false;
    const vote = journal.prepare('t1').then(() => {
      voted = true;
    });
    await settle();
    expect(voted).toBe(false);
    expect(await journal.inDoubt()).toEqual([]);
    release();
    await vote;
    expect([...decodeJournal(files.crash(() => false).contentOf(FILE)).prepared.keys()]).toEqual(['t1']);
  });

  it('is no when the branch is rolled back before the record is durable; what is recovered agrees', async () => {
    const files = new FaultyFiles();
    const { journal, write } = await openOn(files);
    await write('t1', { a: '1' });
    const release = files.holdSyncs();
    const vote = journal.prepare('t1').catch((error: unknown) => error);
    await settle();
    await journal.rollback('t1');
    release();
    expect(await vote).toBeInstanceOf(PrepareRefusedError);
    await journal.close();
    expect(decodeJournal(files.contentOf(FILE)).records.map(({ type }) => type)).toEqual(['Prepared', 'Aborted']);
  });

  it('is no, and nothing remains, when the journal is full; outcomes are still taken', async () => {
    const { journal, write } = await openOn(new FaultyFiles(), { maxLogBytes: 100 });
    await write('t1', { a: '1' });
    await write('t2', { b: '1' });
    await journal.prepare('t1');
    await expect(journal.prepare('t2')).rejects.toMatchObject({ code: 'PREPARE_REFUSED', kind: 'terminal', cause: { code: 'LOG_FULL' } });
    await write('t3', { b: '2' });
    await journal.commit('t1');
    expect(journal.committed().get('a')).toBe('1');
  });

  it('waits for room when the bound on unflushed bytes is reached', async () => {
    const files = new FaultyFiles();
    const { journal, write } = await openOn(files, { maxUnflushedBytes: 1 });
    await write('t1', { a: '1' });
    await write('t2', { b: '1' });
    files.calls.length = 0;
    await Promise.all([journal.prepare('t1'), journal.prepare('t2')]);
    expect(files.calls.filter((call) => call === 'sync')).toHaveLength(2);
  });

  it('of the largest write set, escaped as badly as JSON can, fits in a record', async () => {
    const files = new FaultyFiles();
    const { journal, write } = await openOn(files);
    await write('t1', { k: '\u0001'.repeat(MAX_WRITES_BYTES - 17) });
    await journal.prepare('t1');
    await journal.commit('t1');
    expect(decodeJournal(files.contentOf(FILE)).committed.get('k')).toHaveLength(MAX_WRITES_BYTES - 17);
  });
});

describe('an outcome', () => {
  it('commit: is acknowledged and visible only when it is durable (3)', async () => {
    const files = new FaultyFiles();
    const { journal, write } = await openOn(files);
    await write('t1', { a: '1' });
    await journal.prepare('t1');
    const release = files.holdSyncs();
    const commit = journal.commit('t1');
    await settle();
    expect(journal.committed().size).toBe(0);
    release();
    await commit;
    expect(decodeJournal(files.crash(() => false).contentOf(FILE)).committed.get('a')).toBe('1');
  });

  it('abort: is not forced, so that after a crash the branch is in doubt again and can be aborted again', async () => {
    const files = new FaultyFiles();
    const { journal, write } = await openOn(files);
    await write('t1', { a: '1' });
    await journal.prepare('t1');
    files.calls.length = 0;
    await journal.rollback('t1');
    await settle();
    expect(files.calls).not.toContain('sync');
    const after = await openOn(files.crash(() => false));
    expect(await after.journal.inDoubt()).toEqual(['t1']);
    await after.journal.rollback('t1');
    await after.write('t2', { a: '2' });
  });
});

describe('a disk that fails', () => {
  it('during a vote: unknown, and nothing more is said until the journal is opened again (2)', async () => {
    const files = new FaultyFiles();
    const { journal, write } = await openOn(files);
    await write('t1', { a: '1' });
    files.failNext('sync', 'EIO');
    await expect(journal.prepare('t1')).rejects.toBeInstanceOf(LogPoisonedError);
    await expect(journal.inDoubt()).rejects.toBeInstanceOf(LogPoisonedError);
    await expect(journal.ping()).rejects.toBeInstanceOf(LogPoisonedError);
    await expect(journal.rollback('t1')).rejects.toBeInstanceOf(LogPoisonedError);
    await expect(write('t2', { b: '1' })).rejects.toBeInstanceOf(LogPoisonedError);
    await journal.close();
    const again = await openOn(files);
    expect(await again.journal.inDoubt()).toEqual(['t1']);
  });

  it('during a commit: not acknowledged, and found one way or the other by the next open', async () => {
    const files = new FaultyFiles();
    const { journal, write } = await openOn(files);
    await write('t1', { a: '1' });
    await journal.prepare('t1');
    files.failNext('write', 'ENOSPC', { keepBytes: 10 });
    await expect(journal.commit('t1')).rejects.toBeInstanceOf(LogPoisonedError);
    await journal.close();
    const again = await openOn(files);
    expect(await again.journal.inDoubt()).toEqual(['t1']);
    await again.journal.commit('t1');
    expect(again.journal.committed().get('a')).toBe('1');
  });
});

describe('any crash', () => {
  const step = fc.record({
    key: fc.constantFrom('a', 'b', 'c'),
    end: fc.constantFrom('leave working', 'leave prepared', 'commit', 'commit unheard', 'roll back'),
  });

  it('loses nothing acknowledged, keeps prepared branches able to go both ways, and invents nothing (1, 3, 4, 5)', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 8 }), fc.infiniteStream(fc.boolean()), async (steps, keeps) => {
        const files = new FaultyFiles();
        const { journal, write } = await openOn(files);
        const model = new Map<string, string>();
        const mayCommit = new Map<string, string>();
        const mustDoubt = new Set<string>();
        const mayDoubt = new Set<string>();
        const busy = new Set<string>();
        for (const [index, { key, end }] of steps.entries()) {
          const tx = `t${index}`;
          if (busy.has(key)) continue;
          await write(tx, { [key]: tx });
          if (end.startsWith('leave') || end === 'commit unheard') busy.add(key);
          if (end === 'leave working') continue;
          await journal.prepare(tx);
          if (end === 'leave prepared') mustDoubt.add(tx);
          if (end === 'roll back') {
            await journal.rollback(tx);
            mayDoubt.add(tx);
          }
          if (end === 'commit') {
            await journal.commit(tx);
            model.set(key, tx);
          }
          if (end === 'commit unheard') {
            void journal.commit(tx).catch(() => undefined);
            mayCommit.set(tx, key);
          }
        }
        const after = await openOn(files.crash(() => keeps.next().value));
        const inDoubt = new Set(await after.journal.inDoubt());
        for (const tx of mustDoubt) expect(inDoubt).toContain(tx);
        for (const [tx, key] of mayCommit) if (!inDoubt.has(tx)) model.set(key, tx);
        for (const tx of inDoubt) expect(mustDoubt.has(tx) || mayDoubt.has(tx) || mayCommit.has(tx)).toBe(true);
        expect([...after.journal.committed()].sort()).toEqual([...model].sort());
        for (const tx of inDoubt) await after.journal[mustDoubt.has(tx) ? 'commit' : 'rollback'](tx);
        expect(await after.journal.inDoubt()).toEqual([]);
      }),
      { numRuns: 200 },
    );
  });
});

const PROGRAM = fileURLToPath(new URL('transfer-until-killed.ts', import.meta.url));
const KILLS = 6;

it(`a journal whose process is killed ${KILLS} times has every acknowledged transfer, and no half of one`, async () => {
  const directory = await mkdtemp(join(tmpdir(), 'crossbound-journal-'));
  let acknowledged = 0;
  try {
    for (let kill = 0; kill < KILLS; kill += 1) {
      const said = await sayUntilKilled(PROGRAM, directory);
      acknowledged += said.length;
      const journal = new UserspaceJournal({ name: 'journal', directory });
      await journal.open({ coordinator: 'c', environment });
      for (const tx of await journal.inDoubt()) await journal.rollback(tx);
      const entries = [...journal.committed()];
      await journal.close();
      const done = entries.filter(([key]) => key.startsWith('done/'));
      expect(done.length).toBeGreaterThanOrEqual(acknowledged);
      for (const tx of said) expect(done.map(([key]) => key)).toContain(`done/${tx}`);
      // Each transfer moves one from `left` to `right` and marks itself: all three, or none.
      const { left, right } = Object.fromEntries(entries);
      expect([Number(left), Number(right)]).toEqual([-done.length, done.length]);
    }
  } finally {
    await rm(directory, { recursive: true });
  }
});
