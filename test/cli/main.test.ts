// Method: the command as a child process, with the mistakes that a user makes before any work begins, and with readers of its
// output that go away.
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { tinySpecDirectory } from '../models/tlc/tiny-spec.ts';

const main = join(import.meta.dirname, '../../src/cli/main.ts');
const workload = join(import.meta.dirname, '../../workloads/transfers.ndjson');

function crossbound(parameters: readonly string[], env: NodeJS.ProcessEnv = {}): { code: number | null; output: string } {
  const ran = spawnSync(process.execPath, [main, ...parameters], { encoding: 'utf8', timeout: 30_000, env: { ...process.env, ...env } });
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
    [['conform']],
    [['conform', 'none.ts', '--seed', 'x']],
  ])('%j', (parameters) => {
    expect(crossbound(parameters).code).toBe(2);
  });

  test.each([[['--help']], [['--version']], [['run', '--help']], [['help', 'check']]])('but %j with 0', (parameters) => {
    expect(crossbound(parameters).code).toBe(0);
  });
});

describe('a result that could not be written is refused before the work', () => {
  test.each([
    [['check'], '--json'],
    [['replay'], '--json'],
    [['run', 'none.ndjson'], '--json'],
    [['conform', 'none.ts'], '--json'],
    [['demo'], '--report'],
  ])('%j %s', (command, option) => {
    const missing = crossbound([...command, option, join(directory, 'no', 'such.json')]);
    expect(missing.output).toMatch(/there is no directory .*no; make it first\. Nothing was begun\.\n$/);
    const taken = crossbound([...command, option, directory]);
    expect(taken.output).toMatch(/it is a directory; name a file in it/);
    expect([missing.code, taken.code]).toEqual([2, 2]);
  });

  test('and trying neither makes a file nor empties one', () => {
    const [absent, present] = [join(directory, 'absent.json'), join(directory, 'present.json')];
    writeFileSync(present, 'kept');
    for (const file of [absent, present]) expect(crossbound(['run', 'none.ndjson', '--json', file]).output).toMatch(/cannot be read/);
    expect([existsSync(absent), readFileSync(present, 'utf8')]).toEqual([false, 'kept']);
  });
});

const mayMount = process.platform === 'linux' && process.getuid?.() === 0;
describe.skipIf(!mayMount)('a full disk is told in two lines with the directory', () => {
  let small = '';
  const mount = (size: string): void => {
    // The user that runs PostgreSQL for root must be able to enter.
    chmodSync(directory, 0o755);
    small = mkdtempSync(join(directory, 'small-'));
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size},mode=1777`, 'tmpfs', small]);
  };
  afterEach(() => {
    execFileSync('umount', [small]);
  });

  test('of the databases, without all that initdb wrote', () => {
    mount('5m');
    const { code, output } = crossbound(['run', workload], { TMPDIR: small });
    expect(output).toMatch(/crossbound run: The disk of \S+ is full \([^\n]*No space left on device\)\.\nMake room there, [^\n]*\n$/);
    expect({ code, left: readdirSync(small) }).toEqual({ code: 2, left: [] });
  });

  test('of the logs, without a stack of the process that met it', () => {
    mount('100k');
    const { code, output } = crossbound(['run', workload, '--kills', 'none', '--keep', join(small, 'kept')]);
    expect(output).toMatch(/crossbound run: The disk of \S+ or \S+kept is full \([^\n]*ENOSPC[^\n]*\)\.\nMake room there, [^\n]*\n$/);
    expect(output).not.toMatch(/^\s+at /m);
    expect(code).toBe(2);
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
