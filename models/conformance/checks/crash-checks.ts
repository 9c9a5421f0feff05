/** Processes that are killed with SIGKILL, at a chosen call or under load, and power failures at every flush. */
import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ConformanceCheck } from '../conformance-check.ts';
import { type CrashOrder, type KillMoment, type ScriptName, scriptBranches, scriptKeys, scriptTransaction } from '../crash/crash-script.ts';
import { imageOf, unflushedFates, writeImage } from '../crash/disk-image.ts';
import { judgeLoad } from '../crash/judge-load.ts';
import { judgeScript, OLD } from '../crash/judge-script.ts';
import { type LastWords, runUntilKilled } from '../crash/killed-process.ts';
import { COORDINATOR, StoreUnderTest } from '../store-under-test.ts';

type KillPoint = readonly [step: string, ...moments: KillMoment[]];

/** Lives on one store under load. */
const LIVES = 3;
/** How long a process lives at most after its first transaction, in milliseconds. */
const MAX_LIFE_MS = 120;
/** A script has some twenty calls: a participant that flushes more often than this does so for ever. */
const MAX_FLUSHES = 200;

export const crashChecks: readonly ConformanceCheck[] = [
  killed('a process killed at work leaves nothing of it', [5], ['write stays-working f', 'answered']),
  killed(
    'a process killed in a prepare leaves it done or not, and done when it was answered',
    [1, 4],
    ['prepare commits', 'called', 'under-way', 'answered'],
    ['prepare stays-prepared', 'answered'],
  ),
  killed(
    'a process killed in a commit leaves it in doubt or done, and done when it was answered',
    [1, 3],
    ['commit commits', 'called', 'under-way', 'answered'],
  ),
  killed(
    'a process killed in a rollback leaves nothing of the branch but doubt',
    [3, 4],
    ['rollback rolls-back', 'called', 'under-way', 'answered'],
  ),
  killed('a process killed in close leaves what is prepared', [1, 5], ['close', 'called', 'answered']),
  {
    name: 'a process killed again and again while it recovers loses nothing',
    group: 'crash',
    guarantees: [1, 3, 4],
    needs: ['survivesCrash', 'module'],
    run: killedInRecovery,
  },
  {
    name: 'processes killed under load lose nothing that was acknowledged, and leave no half',
    group: 'crash',
    guarantees: [1, 3, 4, 5],
    needs: ['survivesCrash', 'module'],
    run: (store) => underLoad(store, false),
  },
  {
    name: 'a power failure at any flush of the work loses nothing that was acknowledged',
    group: 'crash',
    guarantees: [1, 3, 4, 5],
    needs: ['survivesCrash', 'module', 'directory'],
    run: (store) => failAtEveryFlush(store, 'work'),
  },
  {
    name: 'a power failure at any flush of a recovery loses nothing',
    group: 'crash',
    guarantees: [1, 3, 4],
    needs: ['survivesCrash', 'module', 'directory'],
    run: (store) => failAtEveryFlush(store, 'recovery'),
  },
  {
    name: 'power failures under load lose nothing that was acknowledged, and leave no half',
    group: 'crash',
    guarantees: [1, 3, 4, 5],
    needs: ['survivesCrash', 'module', 'directory'],
    run: (store) => underLoad(store, true),
  },
];

function killed(name: string, guarantees: ConformanceCheck['guarantees'], ...points: readonly KillPoint[]): ConformanceCheck {
  const run = async (first: StoreUnderTest) => {
    for (const [step, ...moments] of points) {
      for (const [index, moment] of moments.entries()) {
        await onFreshStore(first, async (store) => {
          await setUp(store, 'work');
          const { lines } = await runUntilKilled(orderFor(store, { kind: 'script', script: 'work', killAt: { step, moment, delayMs: 1 } }));
          await judgeScript(store, new Set(lines), index % 2 === 0 ? 'commit' : 'rollback', `killed at "${step}", ${moment}`);
        });
      }
    }
  };
  return { name, group: 'crash', guarantees, needs: ['survivesCrash', 'module'], run };
}

const recoveryKills = [
  { step: 'open', moment: 'called' },
  ...[1, 3, 10].map((delayMs) => ({ step: 'open', moment: 'under-way', delayMs }) as const),
  { step: 'open', moment: 'answered' },
  { step: 'inDoubt', moment: 'answered' },
  ...['commit commits', 'rollback rolls-back'].flatMap((step) => [
    { step, moment: 'called' } as const,
    { step, moment: 'answered' } as const,
  ]),
] as const;

async function killedInRecovery(store: StoreUnderTest): Promise<void> {
  const said = await setUp(store, 'recovery');
  for (const killAt of recoveryKills) {
    const { lines } = await runUntilKilled(orderFor(store, { kind: 'script', script: 'recovery', killAt }));
    for (const line of lines) said.add(line);
  }
  await judgeScript(store, said, 'commit', 'killed at every call of the recovery');
}

async function failAtEveryFlush(first: StoreUnderTest, script: ScriptName): Promise<void> {
  for (let flush = 1; flush <= MAX_FLUSHES; flush += 1) {
    const isFinished = await onFreshStore(first, (store) => failAtFlush(store, script, flush));
    if (!isFinished) continue;
    assert.ok(flush > 1, 'no file of the directory was flushed by node:fs: the participant does not flush, or writes in another way');
    return;
  }
  assert.fail(`after ${MAX_FLUSHES} flushes a script of some twenty calls has not ended`);
}

/** One power failure, and what recovery makes of each of the disks that it may leave. True when the script came to its end instead. */
async function failAtFlush(store: StoreUnderTest, script: ScriptName, flush: number): Promise<boolean> {
  const before = await setUp(store, script);
  const { lines, isFinished, images } = await cutOff(store, { kind: 'script', script }, flush);
  const said = new Set([...before, ...lines]);
  const after = `power failed at flush ${flush}, after "${lines.findLast((line) => line !== 'finished') ?? 'nothing'}"`;
  for (const [index, { fate, write }] of images.entries()) {
    write();
    await judgeScript(store, said, (flush + index) % 2 === 0 ? 'commit' : 'rollback', `${after}, and what was not flushed is ${fate}`);
    await store.abandon();
  }
  return isFinished;
}

interface CutOff extends LastWords {
  /** The disks that may be found then; each is written in place of the store's directory. */
  readonly images: readonly { readonly fate: string; readonly write: () => void }[];
}

/** Runs a process on the store, with a record of its flushes, until the power fails. */
async function cutOff(store: StoreUnderTest, work: CrashOrder['work'], flush?: number, killAfterMs?: number): Promise<CutOff> {
  const directory = store.fixture.directory?.(store.place);
  if (directory === undefined) throw new Error('the fixture names no directory');
  const shadow = mkdtempSync(join(tmpdir(), 'crossbound-flushes-'));
  try {
    const flushes = { directory, shadow, ...(flush === undefined ? {} : { killAt: flush }) };
    const words = await runUntilKilled({ ...orderFor(store, work), flushes }, killAfterMs);
    const trees = unflushedFates.map((fate) => ({ fate, tree: imageOf(directory, shadow, fate) }));
    return { ...words, images: trees.map(({ fate, tree }) => ({ fate, write: () => writeImage(directory, tree) })) };
  } finally {
    rmSync(shadow, { recursive: true });
  }
}

async function underLoad(store: StoreUnderTest, isPowerFailure: boolean): Promise<void> {
  const values: (string | undefined)[] = [];
  for (let life = 0; life < LIVES; life += 1) {
    const work = { kind: 'load', first: life * 1_000_000 } as const;
    const killAfterMs = randomInt(MAX_LIFE_MS);
    if (!isPowerFailure) {
      const { lines } = await runUntilKilled(orderFor(store, work), killAfterMs);
      await judgeLoad(store, lines, values, `killed ${killAfterMs} ms after the first commit`);
      continue;
    }
    const { lines, images } = await cutOff(store, work, undefined, killAfterMs);
    const image = images[1 + (life % 2)];
    image?.write();
    await judgeLoad(
      store,
      lines,
      values,
      `power failed ${killAfterMs} ms after the first commit, and what was not flushed is ${image?.fate}`,
    );
  }
}

/** Commits an old value under every key; for a recovery also prepares what it is to find. Returns what was said of that. */
async function setUp(store: StoreUnderTest, script: ScriptName): Promise<Set<string>> {
  const participant = await store.open();
  const keys = scriptBranches.flatMap((branch) => scriptKeys[branch]);
  await participant.commit(await store.prepared(participant, Object.fromEntries(keys.map((key) => [key, OLD]))));
  const said = new Set<string>();
  if (script === 'recovery') {
    for (const branch of scriptBranches) {
      if (branch === 'stays-working') continue;
      const entries = Object.fromEntries(scriptKeys[branch].map((key) => [key, branch]));
      await store.prepared(participant, entries, scriptTransaction(branch));
      said.add(`answered prepare ${branch}`);
    }
  }
  await participant.close();
  return said;
}

function orderFor(store: StoreUnderTest, work: CrashOrder['work']): CrashOrder {
  const { module } = store.fixture;
  if (module === undefined) throw new Error('the fixture names no module');
  return { module, place: store.place, coordinator: COORDINATOR, timeoutMs: store.callMs, work };
}

/** The check's own store stays unused where a check needs several, one after the other. */
function onFreshStore<Result>({ fixture, random }: StoreUnderTest, work: (store: StoreUnderTest) => Promise<Result>): Promise<Result> {
  return StoreUnderTest.use(fixture, random, work);
}
