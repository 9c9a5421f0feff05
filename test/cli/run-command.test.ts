// Method: the command as a child process, as a user runs it. Its processes are looked for in the system's own list, its files in
// a temporary directory of its own.
import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RunReport } from '../../src/cli/run/run-report.ts';

const main = join(import.meta.dirname, '../../src/cli/main.ts');
const committedWorkload = join(import.meta.dirname, '../../workloads/transfers.ndjson');

let directory = '';
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'crossbound-cli-'));
  chmodSync(directory, 0o711);
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

interface Ran {
  readonly code: number | null;
  readonly output: string;
}

/** With a temporary directory of its own, which nothing may be left in. */
function start(parameters: readonly string[]) {
  const temporary = mkdtempSync(join(directory, 'tmp-'));
  // Run by root, PostgreSQL is another user's, who must get to its files.
  chmodSync(temporary, 0o711);
  const child = spawn(process.execPath, [main, 'run', ...parameters], {
    env: { ...process.env, NO_COLOR: '1', TMPDIR: temporary },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      output += chunk;
    });
  }
  const ended = new Promise<Ran>((resolve) => child.once('close', (code) => resolve({ code, output })));
  return { child, ended, temporary, pid: child.pid ?? 0 };
}

async function crossboundRun(...parameters: string[]): Promise<Ran> {
  const { ended, temporary } = start(parameters);
  const ran = await ended;
  expect(ran.output, 'no stack trace').not.toMatch(/^\s+at .*:\d+:\d+/m);
  expect(readdirSync(temporary), 'nothing is left').toEqual([]);
  return ran;
}

function fileOf(name: string, text: string): string {
  const path = join(directory, name);
  writeFileSync(path, text);
  return path;
}

function workloadOf(transfers: number): string {
  const lines = readFileSync(committedWorkload, 'utf8').split('\n');
  return fileOf(`${transfers}.ndjson`, lines.slice(0, transfers + 1).join('\n'));
}

interface Listed {
  readonly pid: number;
  readonly parent: number;
  readonly command: string;
}

/** Every process below `root`, zombies left out. */
function descendants(root: number): Listed[] {
  const all = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,stat=,args='], { encoding: 'utf8' })
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([, , state = 'Z']) => !state.startsWith('Z'))
    .map(([pid, parent, , ...command]) => ({ pid: Number(pid), parent: Number(parent), command: command.join(' ') }));
  const below = (parent: number): Listed[] => all.filter((one) => one.parent === parent).flatMap((one) => [one, ...below(one.pid)]);
  return below(root);
}

function alive(processes: readonly Listed[]): Listed[] {
  const running = execFileSync('ps', ['-A', '-o', 'pid=,stat='], { encoding: 'utf8' })
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .flatMap(([pid, state = 'Z']) => (state.startsWith('Z') ? [] : [Number(pid)]));
  return processes.filter(({ pid }) => running.includes(pid));
}

const transfer = (id: string, change: object = {}): string =>
  JSON.stringify({ id, from: { store: 'bank_a', account: 'ann' }, to: { store: 'ledger', account: 'bob' }, amount: 5, ...change });

describe('crossbound run', () => {
  it('shows its help with examples and exit codes', async () => {
    const { code, output } = await crossboundRun('--help');
    expect(code).toBe(0);
    expect(output).toMatch(/"store":"bank_a"[\s\S]*Examples:[\s\S]*--kills none[\s\S]*Exit codes: 0/);
  });

  it("makes a user's transfers, verifies them, and writes a report and what it kept", async () => {
    const [json, kept] = [join(directory, 'report.json'), join(directory, 'kept')];
    const workload = fileOf('own.ndjson', `${Array.from({ length: 20 }, (_, index) => transfer(`own-${index}`)).join('\n')}\n`);
    const { code, output } = await crossboundRun(workload, '--json', json, '--keep', kept, '--seed', '5', '--in-flight', '4');
    expect(output).toMatch(/20 transfers, 4 at a time: 20 committed, 0 aborted[\s\S]*All of it holds/);
    expect(output).toMatch(/^Kills of the coordinator, [^\n]*:\n +before +after\n\w+ +(\d|-|missed) /m);
    expect(code).toBe(0);
    const report = RunReport.parse(JSON.parse(readFileSync(json, 'utf8')));
    expect(report).toMatchObject({ ok: true, seed: 5, acknowledgements: 20 });
    expect(report.coordinator.kills.length).toBeGreaterThanOrEqual(2);
    expect(report.traces.files.every((file) => existsSync(file))).toBe(true);
    expect(readFileSync(join(kept, 'acknowledgements.ndjson'), 'utf8').trimEnd().split('\n')).toHaveLength(20);
  });

  it('ends with 1 where not all that was planned has happened', async () => {
    const workload = fileOf('one.ndjson', transfer('only'));
    const { code, output } = await crossboundRun(workload, '--kills', '30', '--database-kills', '0');
    expect(output).toMatch(/The work was over before the coordinator came to/);
    expect(code).toBe(1);
  });

  it.each([
    ['a line that is no JSON', `${transfer('a')}\nnot json\n${transfer('b')}`, /line 2: not JSON/],
    ['nothing', '\n', /has no transfers/],
  ])('refuses a workload with %s by its line, and executes nothing', async (_what, text, message) => {
    const kept = join(directory, `refused-${Math.abs(text.length)}`);
    const { code, output } = await crossboundRun(fileOf('bad.ndjson', text), '--keep', kept);
    expect(output).toMatch(message);
    expect(code).toBe(2);
    expect(readdirSync(kept)).toEqual([]);
  });

  it.each([
    ['a workload that is not there', ['nowhere.ndjson'], /nowhere\.ndjson cannot be read: ENOENT/],
    ['a number that is none', ['x.ndjson', '--kills', 'some'], /whole number from 0 to 1000/],
    ['no workload', [], /missing required argument 'workload'/],
  ])('says what is wrong with %s', async (_what, parameters, message) => {
    const { code, output } = await crossboundRun(...parameters);
    expect(output).toMatch(message);
    expect(code).not.toBe(0);
  });

  it.each([
    ['that is not JSON', '{', /cannot be read/],
    ['without a database', '{"databases":{"bank_a":"postgres://u@h/d"}}', /databases\.bank_b: /],
    ['with a misspelt field', '{"database":{}}', /"database"|databases/],
    [
      'with another kind of address',
      '{"databases":{"bank_a":"mysql://h/d","bank_b":"postgres://h/d"}}',
      /bank_a: must begin with postgres:/,
    ],
    [
      'of a server that is not there',
      '{"databases":{"bank_a":"postgres://u:secret@127.0.0.1:1/d","bank_b":"postgres://u@127.0.0.1:1/d"}}',
      /store "bank_a" cannot be used: .*ECONNREFUSED.*Check its connection string/,
    ],
  ])('refuses a configuration %s', async (_what, text, message) => {
    const { code, output } = await crossboundRun(workloadOf(1), '--config', fileOf('config.json', text));
    expect(output).toMatch(message);
    expect(output).not.toContain('secret');
    expect(code).toBe(2);
  });

  it('keeps nothing in a directory that has something in it', async () => {
    const full = join(directory, 'full');
    mkdirSync(full);
    writeFileSync(join(full, 'precious'), 'mine');
    const { code, output } = await crossboundRun(workloadOf(1), '--keep', full);
    expect(output).toMatch(/is not empty \(it has "precious"\)/);
    expect(code).toBe(2);
    expect(readFileSync(join(full, 'precious'), 'utf8')).toBe('mine');
  });

  it.each([
    ['whose parent is not there', '/nowhere/at/all'],
    ['that is a file', committedWorkload],
    ['that no one can make', '/proc/x/y'],
  ])('says so of a directory to keep things in %s', async (_what, path) => {
    const { code, output } = await crossboundRun(workloadOf(1), '--keep', path);
    expect(output).toMatch(/(ENOENT|ENOTDIR).*Look at the path and its permissions/);
    expect(code).toBe(2);
  });

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('%s ends it in the middle of its transfers with %i, and no process and no file of it is left', async (signal, expected) => {
    const { child, ended, temporary, pid } = start([committedWorkload]);
    const roles = ['coordinator-process', 'client-process', 'postgres'];
    const running = (): Listed[] => descendants(pid);
    await expect.poll(() => roles.every((role) => running().some(({ command }) => command.includes(role))), { timeout: 30_000 }).toBe(true);
    const processes = running();
    child.kill(signal);
    const { code, output } = await ended;
    expect(output).toMatch(/Interrupted: .*nothing of it is left/);
    expect(code).toBe(expected);
    expect(alive(processes)).toEqual([]);
    expect(readdirSync(temporary)).toEqual([]);
  });

  it('leaves no process when it is killed itself', async () => {
    const { child, ended, pid } = start([committedWorkload]);
    await expect.poll(() => descendants(pid).some(({ command }) => command.includes('client-process')), { timeout: 30_000 }).toBe(true);
    const processes = descendants(pid);
    child.kill('SIGKILL');
    await ended;
    await expect.poll(() => alive(processes), { timeout: 15_000 }).toEqual([]);
  });
});
