/**
 * Method: a real process over real files is killed with SIGKILL, at a chosen effect or at a random moment, again and again over one
 * directory, also while it recovers. Then recovery must leave the money conserved, every transfer in both journals or in none, every one that
 * was acknowledged there, nothing in doubt, and a recorded run of all the incarnations that the spec has.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { UserspaceJournal } from '../../src/participants/userspace-journal.ts';
import { parseTraceRecord, projectRun } from '../../src/protocol/recorded-run.ts';
import { createCrossbound } from '../../src/runtime/create-crossbound.ts';
import { openTraceFile } from '../../src/runtime/node-trace-file.ts';
import { assertBehaviour } from './spec-behaviour.ts';

const PROGRAM = fileURLToPath(new URL('transfer-until-killed.ts', import.meta.url));
const LANES = 2;
const KILLS_PER_LANE = 10;
const MAX_LIFE_MS = 250;
/** Some 30 effects a transaction, and six transactions at a time. */
const MAX_EFFECTS = 400;

/** Runs the program until it is dead; returns the transfers that it was told are committed. */
async function runUntilKilled(directory: string, effectNumber: number): Promise<readonly string[]> {
  const child = spawn(process.execPath, [PROGRAM, directory, String(effectNumber)], { stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  const closed = once(child, 'close');
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text;
    // Only those that do not kill themselves: a random moment after the start.
    if (effectNumber === 0 && said === text) setTimeout(() => child.kill('SIGKILL'), Math.random() * MAX_LIFE_MS);
  });
  const [code, signal] = await closed;
  expect([code, signal]).toEqual([null, 'SIGKILL']);
  return said.split('\n').filter((line) => line.startsWith('transfer-'));
}

it(`${LANES * KILLS_PER_LANE} kills conserve the money, and lose nothing that was acknowledged`, async () => {
  const root = await mkdtemp(join(tmpdir(), 'crossbound-kill-'));
  const lane = async (number: number) => {
    const directory = join(root, `lane-${number}`);
    const acknowledged: string[] = [];
    for (let kill = 0; kill < KILLS_PER_LANE; kill += 1) {
      const effectNumber = kill % 3 === 2 ? 0 : 1 + Math.floor(Math.random() ** 2 * MAX_EFFECTS);
      acknowledged.push(...(await runUntilKilled(directory, effectNumber)));
    }
    await verify(directory, acknowledged);
    return acknowledged.length;
  };
  try {
    const counts = await Promise.all(Array.from({ length: LANES }, (_, number) => lane(number)));
    expect(Math.min(...counts)).toBeGreaterThan(10);
  } finally {
    await rm(root, { recursive: true });
  }
});

async function verify(directory: string, acknowledged: readonly string[]): Promise<void> {
  const [left, right] = ['left', 'right'].map((name) => new UserspaceJournal({ name, directory: join(directory, name) }));
  const trace = openTraceFile(join(directory, 'run.ndjson'));
  const manager = await createCrossbound({
    name: 'killed',
    directory: join(directory, 'coordinator'),
    participants: [left!, right!],
    waitForRecovery: true,
    onTrace: trace.onTrace,
  });
  expect(await manager.inDoubt()).toEqual([]);
  const [inLeft, inRight] = [[...left!.committed()], [...right!.committed()]];
  const balances = [...inLeft, ...inRight].filter(([key]) => key.startsWith('account-')).map(([, balance]) => Number(balance));
  expect(balances.reduce((sum, balance) => sum + balance, 0)).toBe(0);
  const transfers = (entries: typeof inLeft) =>
    entries
      .map(([key]) => key)
      .filter((key) => key.startsWith('transfer-'))
      .sort();
  expect(transfers(inLeft)).toEqual(transfers(inRight));
  expect(acknowledged.filter((transfer) => !transfers(inLeft).includes(transfer))).toEqual([]);
  await manager.close();
  trace.close();
  const lines = (await readFile(join(directory, 'run.ndjson'), 'utf8')).trimEnd().split('\n');
  const records = lines.map((line) => parseTraceRecord(JSON.parse(line)));
  expect(projectRun(records).transactions.length).toBeGreaterThanOrEqual(acknowledged.length);
  assertBehaviour(records);
}
