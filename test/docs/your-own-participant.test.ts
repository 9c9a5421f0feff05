/**
 * Method: the three files of the guide are written as they stand into an empty directory, and its test is run by the runner that it names. Then
 * each line of its table of mistakes is made, and must be found by the check that the table names.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { assertFixture } from '../../models/conformance/participant-fixture.ts';
import { conformanceChecks, runCheck } from '../../models/conformance/run-conformance.ts';

const repository = fileURLToPath(new URL('../..', import.meta.url));
const guide = readFileSync(join(repository, 'docs', 'guides', 'your-own-participant.md'), 'utf8');
const files = [...guide.matchAll(/^```ts\n\/\/ (\S+)\n(.*?)^```$/gms)].map(([, name = '', code = '']) => ({ name, code }));

let workplace: string;
beforeAll(() => {
  workplace = mkdtempSync(join(tmpdir(), 'crossbound-own-'));
});
afterAll(() => rmSync(workplace, { recursive: true }));

/** Writes the files of the guide, the store with a mistake in it, and gives their directory. */
function written(name: string, mistake: (code: string) => string = (code) => code): string {
  const directory = join(workplace, name);
  mkdirSync(directory);
  for (const file of files) {
    const code = (file.name === 'json-directory.ts' ? mistake(file.code) : file.code)
      .replace("from 'crossbound';", `from ${JSON.stringify(join(repository, 'src', 'index.ts'))};`)
      .replace("from 'crossbound/testing';", `from ${JSON.stringify(join(repository, 'models', 'index.ts'))};`);
    writeFileSync(join(directory, file.name), code);
  }
  return directory;
}

it('the test of the guide passes whole, under the runner of Node', () => {
  expect(files.map(({ name }) => name)).toEqual(['json-directory.ts', 'json-directory.fixture.ts', 'json-directory.test.ts']);
  const { NODE_TEST_CONTEXT: _context, ...env } = process.env;
  const words = ['--test', '--test-reporter=tap', 'json-directory.test.ts'];
  const { status, stdout, stderr } = spawnSync(process.execPath, words, { cwd: written('good'), encoding: 'utf8', env });
  expect({ status, failed: stdout.match(/not ok.*/g), stderr }).toEqual({ status: 0, failed: null, stderr: '' });
  // The store of the guide has no ping.
  expect(stdout).toContain(`# pass ${conformanceChecks.length - 1}\n# fail 0\n`);
  expect(stdout).toContain('# skipped 1\n');
}, 300_000);

const atFlush = 'a power failure at any flush of the work loses nothing that was acknowledged';
const mistakes: readonly { of: string; make: (code: string) => string; found: string }[] = [
  { of: 'the flush of a file', make: (code) => code.replace('    await file.sync();\n', ''), found: atFlush },
  {
    of: 'the flush of the directory in prepare',
    make: (code) => code.replace(/(JSON\.stringify\(branch\)\);\n) *await flushDirectory\(this\.#transactions\);\n/, '$1'),
    found: atFlush,
  },
  {
    of: 'the file beside it',
    make: (code) => code.replace("open(beside, 'w')", "open(path, 'w')").replace('  await rename(beside, path);\n', ''),
    found: atFlush,
  },
  {
    of: 'the waiting for the prepared file',
    make: (code) =>
      code.replace(
        /await (replaceFile\(this\.#file\(transaction, 'prepared'\), JSON\.stringify\(branch\)\));\n *await flushDirectory/,
        'void $1.catch(() => undefined);\n      void flushDirectory',
      ),
    found: 'a process killed in a prepare leaves it done or not, and done when it was answered',
  },
  {
    of: 'the end of a commit at the next open',
    make: (code) => code.replace("if (state === 'committed') return this.#apply(branch, path);", "if (state === 'committed') return;"),
    found: atFlush,
  },
  {
    of: 'whose branches are in doubt',
    make: (code) => code.replace('.filter((transaction) => this.#own(transaction))', ''),
    found: "another coordinator's branches are neither listed nor decided",
  },
  {
    of: 'the turns',
    make: (code) => code.replace('const result = this.#turn.then(() => {', 'const result = Promise.resolve().then(() => {'),
    found: 'a prepare that is said again is no refusal of what is prepared',
  },
];

it.each(mistakes.map((mistake, index) => ({ ...mistake, index })))('without $of, "$found" fails', async ({ of, make, found, index }) => {
  expect(guide).toContain(found);
  const [original] = files;
  expect(make(original?.code ?? ''), of).not.toBe(original?.code);
  const loaded: { fixture?: unknown } = await import(
    /* @vite-ignore */ pathToFileURL(join(written(`mistake-${index}`, make), 'json-directory.fixture.ts')).href
  );
  assertFixture(loaded.fixture);
  const check = conformanceChecks.find(({ name }) => name === found);
  const error = await runCheck(check!, loaded.fixture, { seed: 1, runs: 100 }).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(Error);
  expect(String(error)).not.toContain('ended by itself');
});
