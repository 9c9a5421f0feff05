/** Method: real files; a line torn at each byte; a process that is killed right after it has recorded. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openTraceFile } from '../../src/runtime/node-trace-file.ts';

let directory: string;
let path: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'crossbound-trace-'));
  path = join(directory, 'runs', 'run.ndjson');
});
afterEach(() => rmSync(directory, { recursive: true }));

const record = (seq: number) => ({ seq, at: 0, tx: `t${seq}`, action: 'RequestCommit' }) as const;
const append = (...numbers: number[]) => {
  const file = openTraceFile(path);
  for (const number of numbers) file.onTrace(record(number));
  file.close();
};
const lines = () =>
  readFileSync(path, 'utf8')
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line).seq);

it('records of several incarnations follow one another, one line each', () => {
  append(1, 2);
  append(3);
  expect(lines()).toEqual([1, 2, 3]);
});

it('a line torn at any byte is cut off, and the whole ones before it stay', () => {
  append(1, 2);
  const whole = readFileSync(path);
  const firstEnd = whole.indexOf('\n') + 1;
  for (let length = firstEnd; length < whole.length; length += 1) {
    writeFileSync(path, whole.subarray(0, length));
    append(9);
    expect(lines()).toEqual([1, 9]);
  }
});

it('a torn line longer than what is read at a time is cut off', () => {
  append(1);
  writeFileSync(path, Buffer.concat([readFileSync(path), Buffer.alloc(200_000, 'x')]));
  append(2);
  expect(lines()).toEqual([1, 2]);
});

it('a file that is nothing but a torn line is emptied', () => {
  append(1);
  writeFileSync(path, readFileSync(path).subarray(0, 5));
  append(2);
  expect(lines()).toEqual([2]);
});

it('what was recorded is there after a kill in the next instant', () => {
  const module = fileURLToPath(new URL('../../src/runtime/node-trace-file.ts', import.meta.url));
  const program = `
    import { openTraceFile } from ${JSON.stringify(module)};
    const file = openTraceFile(${JSON.stringify(path)});
    for (let seq = 1; seq <= 100; seq += 1) file.onTrace({ seq, at: 0, action: 'CrashCoordinator' });
    process.kill(process.pid, 'SIGKILL');`;
  const { signal } = spawnSync(process.execPath, ['--input-type=module-typescript', '-e', program], { encoding: 'utf8' });
  expect(signal).toBe('SIGKILL');
  expect(lines()).toHaveLength(100);
});
