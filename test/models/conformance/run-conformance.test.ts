/** Method: what the suite reports, of participants that are good, broken, volatile, or not described well; by itself and through other test runners. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { describeParticipantConformance } from '../../../models/conformance/describe-conformance.ts';
import { defineParticipantFixture } from '../../../models/conformance/participant-fixture.ts';
import { conformanceChecks, isConformant, runParticipantConformance } from '../../../models/conformance/run-conformance.ts';
import { InMemoryParticipant } from '../../../src/participants/in-memory.ts';
import { InvalidInputError } from '../../../src/protocol/errors.ts';
import { fixture as journal } from '../../participants/journal-fixture.ts';
import { fixture as broken } from './broken-fixture.ts';

const repository = fileURLToPath(new URL('../../..', import.meta.url));
const workplace = mkdtempSync(join(tmpdir(), 'crossbound-conform-'));
afterAll(() => rmSync(workplace, { recursive: true }));

const volatile = defineParticipantFixture({
  title: 'memory',
  createStore: async () => 'memory',
  participant: (name) => new InMemoryParticipant(name),
  write: (handle, key, value) => handle.put(key, value),
  read: (handle, key) => handle.get(key),
  committed: async (participant, key) => participant.committed().get(key),
  removeStore: async () => undefined,
  survivesCrash: false,
});
const withDefect = (defect: string) => ({ ...broken, createStore: async () => ({ ...(await broken.createStore()), defect }) });

describe('a report', () => {
  it('has a result for each check, in order, and the seed that repeats it', async () => {
    const told: string[] = [];
    const report = await runParticipantConformance(volatile, {
      seed: 7,
      onResult: ({ check }, remaining) => told.push(`${check} ${remaining}`),
    });
    expect(report).toMatchObject({ title: 'memory', seed: 7 });
    expect(report.results.map(({ check }) => check)).toEqual(conformanceChecks.map(({ name }) => name));
    expect(told).toHaveLength(conformanceChecks.length);
    expect(told.at(-1)).toMatch(/ 0$/);
    expect(isConformant(report)).toBe(true);
  });

  it('says which guarantees a volatile participant was not checked for, and why', async () => {
    const { results, unchecked } = await runParticipantConformance(volatile, { groups: ['contract', 'recovery', 'crash'] });
    const why = 'the fixture says that nothing survives a crash (survivesCrash: false)';
    expect(results.filter(({ group }) => group !== 'contract').every(({ status }) => status === 'skipped')).toBe(true);
    expect(unchecked).toEqual([1, 2, 3, 4, 5].map((guarantee) => ({ guarantee, reasons: [why] })));
  });

  it('says what stood in the way of crashes, where the fixture offers nothing for them', async () => {
    const { module: _module, directory: _directory, ...alone } = journal;
    const { unchecked } = await runParticipantConformance(alone, { groups: ['crash'] });
    expect(unchecked[0]?.reasons).toEqual(['the fixture names no module that a process of its own could load (module: import.meta.url)']);
  });

  it('has the shortest way to what went wrong at random, and what repeats it', async () => {
    const fixture = withDefect('has an error for an outcome that is said again');
    const run = (options: object) => runParticipantConformance(fixture, { groups: ['random'], ...options });
    const [first] = (await run({ seed: 3 })).results;
    if (first?.status !== 'failed') throw new Error('nothing was found');
    expect(first.error).toMatch(/^this transaction has ended\nafter\n {2}1\. enlist\n/);
    const [, path] = /path: "(.*)"/.exec(first.error) ?? [];
    expect((await run({ seed: 3, path })).results[0]).toMatchObject({
      status: 'failed',
      error: expect.stringContaining('this transaction has ended'),
    });
  });

  it('ends before the next check when it is told to', async () => {
    const stop = new AbortController();
    const running = runParticipantConformance(volatile, { signal: stop.signal, onResult: () => stop.abort(new Error('enough')) });
    await expect(running).rejects.toThrow('enough');
  });
});

describe('a fixture', () => {
  it('that is wrong is refused with the names of its fields', () => {
    const wrong = { ...volatile, title: '', read: 'no function', limits: { callMs: 0 }, survivesCrashes: true };
    expect(() => defineParticipantFixture(wrong as never)).toThrow(InvalidInputError);
    for (const field of ['title', 'read', 'limits.callMs', 'survivesCrashes']) {
      expect(() => defineParticipantFixture(wrong as never)).toThrow(field);
    }
    expect(() => defineParticipantFixture({ ...volatile, module: 'here.ts' })).toThrow(/import\.meta\.url/);
  });
});

describe('a test runner', () => {
  it('gets a test for each check; those that cannot be made are skipped, with the reason in their title', () => {
    const titles: string[] = [];
    const skipped: string[] = [];
    const it = Object.assign((title: string) => titles.push(title), { skip: (title: string) => skipped.push(title) });
    describeParticipantConformance(volatile, { describe: (_title, body) => body(), it }, { groups: ['contract', 'crash'] });
    expect(titles).toContain('contract: inDoubt names the prepared branches and no other (4)');
    expect(titles.every((title) => title.startsWith('contract: '))).toBe(true);
    expect(skipped.length).toBeGreaterThan(5);
    expect(skipped.every((title) => /^crash: .*not checked, since the fixture says/.test(title))).toBe(true);
  });

  it('may be that of Node: what fails there names its check', () => {
    const source = (path: string) => JSON.stringify(join(repository, path));
    const program = join(workplace, 'broken.test.ts');
    writeFileSync(
      program,
      `import { describe, it } from 'node:test';
       import { describeParticipantConformance } from ${source('models/conformance/describe-conformance.ts')};
       import { fixture } from ${source('test/models/conformance/broken-fixture.ts')};
       const createStore = async () => ({ ...(await fixture.createStore()), defect: 'commits without a prepare' });
       describeParticipantConformance({ ...fixture, createStore }, { describe, it }, { groups: ['contract'] });`,
    );
    const { status, stdout } = spawnSync(process.execPath, ['--test', '--test-reporter=tap', program], {
      encoding: 'utf8',
      env: withoutRunner(),
    });
    expect(status).toBe(1);
    expect([...stdout.matchAll(/^ +not ok \d+ - (contract: .*)$/gm)].map(([, title]) => title)).toEqual([
      'contract: a commit before the prepare is refused, and commits nothing',
    ]);
  });
});

describe('crossbound conform', () => {
  const conform = (...words: string[]) =>
    spawnSync(process.execPath, [join(repository, 'src/cli/main.ts'), 'conform', ...words], { encoding: 'utf8', cwd: workplace });
  const write = (name: string, defect: string) => {
    const file = join(workplace, name);
    const from = JSON.stringify(join(repository, 'test/models/conformance/broken-fixture.ts'));
    writeFileSync(
      file,
      `import { fixture as broken } from ${from};
       const { module, ...alone } = broken;
       export const fixture = { ...alone, createStore: async () => ({ ...(await broken.createStore()), defect: ${JSON.stringify(defect)} }) };`,
    );
    return file;
  };

  it('exits with 1, and says what it found, of one that does not hold', () => {
    const json = join(workplace, 'report.json');
    const { status, stdout } = conform(write('broken.ts', 'waits in close for branches to end'), '--seed', '5', '--json', json);
    expect(status).toBe(1);
    expect(stdout).toContain('close ends while branches work and wait:\n  close did not end within 400 ms (limits.callMs)');
    expect(stdout).toMatch(/a broken journal: \d+ passed, \d+ failed, \d+ skipped; seed 5\n$/);
    expect(JSON.parse(readFileSync(json, 'utf8'))).toMatchObject({ title: 'a broken journal', seed: 5 });
  });

  it('exits with 2 where there is no fixture, and says what to write', () => {
    writeFileSync(join(workplace, 'empty.ts'), 'export const other = 1;');
    expect(conform('empty.ts')).toMatchObject({ status: 2, stderr: expect.stringContaining('exports nothing named "fixture". Write: ') });
    expect(conform('nowhere.ts')).toMatchObject({ status: 2, stderr: expect.stringContaining('cannot be loaded') });
    writeFileSync(join(workplace, 'wrong.ts'), 'export const fixture = { title: 7 };');
    expect(conform('wrong.ts')).toMatchObject({ status: 2, stderr: expect.stringMatching(/Invalid fixture[\s\S]*title/) });
  });
});

/** The environment without what tells Node's runner that it runs inside of a test already. */
function withoutRunner(): NodeJS.ProcessEnv {
  const { NODE_TEST_CONTEXT: _context, ...environment } = process.env;
  return environment;
}
