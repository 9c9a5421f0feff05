/**
 * Method: a real process over a real disk does numbered work under idempotency keys and kills itself at a chosen effect of it, again and again; the
 * next one asks for all of that work again. What a client was told must be told again, by whichever process did it, and each work be done once.
 */
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const PROGRAM = fileURLToPath(new URL('once-until-killed.ts', import.meta.url));
/** Of a transaction with one participant, so that the kills go through all of them. */
const EFFECTS = 18;

const run = (directory: string, effectNumber: number, last: number) => {
  const child = spawnSync(process.execPath, [PROGRAM, directory, String(effectNumber), '0', String(last)], { encoding: 'utf8' });
  const answers = new Map(child.stdout.split('\n').flatMap((line) => (line === '' ? [] : [line.split(/ (.*)/s) as [string, string]])));
  return { answers, signal: child.signal, stderr: child.stderr };
};

it('a key whose commit was acknowledged gives the same after a kill, and no work is done twice', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'crossbound-once-'));
  const told = new Map<string, string>();
  try {
    for (let effect = 1; effect <= EFFECTS; effect += 1) {
      // All that was done before is asked for again, which has no effects; then comes new work, in the second of which it dies.
      const { answers, signal, stderr } = run(directory, EFFECTS + effect, effect * 2);
      expect([signal, stderr]).toEqual(['SIGKILL', '']);
      for (const [number, answer] of answers) {
        expect(answer, `work ${number}`).toBe(told.get(number) ?? answer);
        told.set(number, answer);
      }
    }
    const { answers, signal } = run(directory, 0, EFFECTS * 2);
    expect([signal, answers.size]).toEqual([null, EFFECTS * 2 + 1]);
    expect([...told].filter(([number, answer]) => answers.get(number) !== answer)).toEqual([]);
    expect(told.size).toBeGreaterThanOrEqual(EFFECTS);
    for (const answer of answers.values()) expect(JSON.parse(answer)).toMatchObject({ count: 1 });
  } finally {
    await rm(directory, { recursive: true });
  }
});
