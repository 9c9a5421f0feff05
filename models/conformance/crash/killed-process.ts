import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { CrashOrder } from './crash-script.ts';

/** TypeScript runs as it is; the built package has the program beside this module in JavaScript. */
const PROGRAM = fileURLToPath(new URL(`crash-program${extname(import.meta.url)}`, import.meta.url));
/** For a process to start, load its modules and do what it is told, in milliseconds. */
const MAX_LIFE_MS = 60_000;

/** What a process said before it was killed. */
export interface LastWords {
  /** Each line that it said. */
  readonly lines: readonly string[];
  /** It came to the end of its work; it was killed there. */
  readonly isFinished: boolean;
}

/**
 * Runs a process that is to die by SIGKILL, and gathers what it said.
 *
 * @param killAfterMs - how long it lives at most after its first transaction was answered; by default it kills itself where it was told.
 */
export async function runUntilKilled(order: CrashOrder, killAfterMs?: number): Promise<LastWords> {
  const child = spawn(process.execPath, [PROGRAM, JSON.stringify(order)], { stdio: ['pipe', 'pipe', 'pipe'] });
  let [said, complaint] = ['', ''];
  let timer = setTimeout(() => child.kill('SIGKILL'), MAX_LIFE_MS);
  let isTimed = false;
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text;
    if (killAfterMs === undefined || isTimed || !said.includes('answered')) return;
    isTimed = true;
    clearTimeout(timer);
    timer = setTimeout(() => child.kill('SIGKILL'), killAfterMs);
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaint += text;
  });
  const [code, signal] = await once(child, 'close');
  clearTimeout(timer);
  const lines = said.split('\n').filter((line) => line !== '');
  if (signal !== 'SIGKILL') {
    throw new Error(`the process that was to be killed ended by itself (${code ?? signal}) after ${lastOf(lines)}:\n${complaint}`);
  }
  return { lines, isFinished: lines.at(-1) === 'finished' };
}

function lastOf(lines: readonly string[]): string {
  const last = lines.at(-1);
  return last === undefined ? 'nothing' : `"${last}"`;
}
