/**
 * Method: a real process on a real disk is killed at a random moment, again and again over one log. What it had said to be
 * durable must be found, in order, with nothing that it never wrote. (A kill keeps the operating system's cache; what
 * a power failure loses is simulated in file-log.test.ts.)
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { decodeLog } from '../../src/log/decode-log.ts';
import { sayUntilKilled } from '../support/say-until-killed.ts';

const PROGRAM = fileURLToPath(new URL('append-until-killed.ts', import.meta.url));
const KILLS = 8;

it(`a log whose process is killed ${KILLS} times has all that was acknowledged, in order, and nothing invented`, async () => {
  const directory = await mkdtemp(join(tmpdir(), 'crossbound-durability-'));
  const path = join(directory, 'test.log');
  let acknowledged = 0;
  try {
    for (let kill = 0; kill < KILLS; kill += 1) {
      const said = await sayUntilKilled(PROGRAM, path);
      const before = acknowledged;
      acknowledged = Math.max(...said.map(Number));
      expect(acknowledged).toBeGreaterThan(before);
      const { records } = decodeLog(await readFile(path), path, (payload) => Buffer.from(payload).toString());
      expect(records.length).toBeGreaterThanOrEqual(acknowledged);
      for (const [index, record] of records.entries()) {
        const number = index + 1;
        expect(record).toBe(`${number}`.padEnd(1 + (number % 700), '.'));
      }
    }
  } finally {
    await rm(directory, { recursive: true });
  }
});
