// Method: the command as a child process, with the mistakes that a user makes before any work begins, and with readers of its
// output that go away.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { tinySpecDirectory } from '../models/tlc/tiny-spec.ts';

const main = join(import.meta.dirname, '../../src/cli/main.ts');

function crossbound(parameters: readonly string[]): { code: number | null; output: string } {
  const ran = spawnSync(process.execPath, [main, ...parameters], { encoding: 'utf8', timeout: 30_000 });
  return { code: ran.status, output: ran.stdout + ran.stderr };
}

let directory = '';
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'crossbound-main-'));
});
afterAll(() => rmSync(directory, { recursive: true }));

describe('a wrong command line ends with 2, since 1 says that a property fails', () => {
  test.each([
    [[]],
    [['nosuch']],
    [['check', '--nosuch']],
    [['check', '--jobs', '0']],
    [['replay', 'nosuch']],
    [['run']],
    [['statecharts', 'nosuch']],
    [['graphs', 'more']],
  ])('%j', (parameters) => {
    expect(crossbound(parameters).code).toBe(2);
  });

  test.each([[['--help']], [['--version']], [['run', '--help']], [['help', 'check']]])('but %j with 0', (parameters) => {
    expect(crossbound(parameters).code).toBe(0);
  });
});

test('a reader that goes away ends the work in order and quietly', async () => {
  const temporary = join(directory, 'piped');
  mkdirSync(temporary);
  const child = spawn(process.execPath, [main, 'check', '--checker', 'wasm', '--spec-dir', tinySpecDirectory], {
    env: { ...process.env, TMPDIR: temporary },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text;
  });
  child.stdout.destroy();
  const [code] = await once(child, 'close');
  expect({ code, errors, left: readdirSync(temporary) }).toEqual({ code: 141, errors: '', left: [] });
});
