/**
 * Method: the real `biome.json` judges small files in a temporary directory, each with one thing that it must refuse, or
 * as close to that as it must accept.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';

const repository = fileURLToPath(new URL('../..', import.meta.url));
const biome = fileURLToPath(import.meta.resolve('@biomejs/biome/bin/biome'));

const lines = (count: number): string => Array.from({ length: count }, (_, index) => `export const line${index} = ${index};\n`).join('');
const functionOf = (count: number): string => `export function long(x: number): void {\n${'  long(x);\n'.repeat(count)}}\n`;

const refused: [what: string, path: string, source: string, rule: string][] = [
  ['any', 'src/log/any.ts', 'export const a = (x: any): number => x.y;\n', 'noExplicitAny'],
  ['a non-null assertion', 'src/log/non-null.ts', 'export const a = (x?: string): string => x!;\n', 'noNonNullAssertion'],
  ['an unused variable', 'src/log/unused-variable.ts', 'const a = 1;\n', 'noUnusedVariables'],
  ['an unused import', 'src/log/unused-import.ts', "import { CrossboundError } from '../protocol/errors.ts';\n", 'noUnusedImports'],
  [
    'a promise that nobody awaits',
    'models/floating.ts',
    'async function a(): Promise<void> {}\nexport function b(): void {\n  a();\n}\n',
    'noFloatingPromises',
  ],
  [
    'a promise as a condition',
    'models/condition.ts',
    'export async function a(): Promise<string> {\n  return a() ? `yes` : `no`;\n}\n',
    'noMisusedPromises',
  ],
  ['a file of 301 lines', 'src/runtime/301-lines.ts', lines(301), 'noExcessiveLinesPerFile'],
  ['a file of 301 lines', 'models/301-lines.ts', lines(301), 'noExcessiveLinesPerFile'],
  ['a function of 82 lines', 'src/runtime/long-function.ts', functionOf(82), 'noExcessiveLinesPerFunction'],
  ['a file name that is not in kebab-case', 'src/log/fileLog.ts', 'export const a = 1;\n', 'useFilenamingConvention'],
  ['the wall clock', 'src/protocol/clock.ts', 'export const a = (): number => Date.now();\n', 'noRestrictedGlobals'],
  ['a timer', 'src/statecharts/timer.ts', 'export const a = (f: () => void): unknown => setTimeout(f, 1);\n', 'noRestrictedGlobals'],
  ['a timer', 'src/runtime/timer.ts', 'export const a = (f: () => void): unknown => setTimeout(f, 1);\n', 'noRestrictedGlobals'],
  [
    'random bytes',
    'src/runtime/random-bytes.ts',
    "import { randomBytes } from 'node:crypto';\nexport const a = randomBytes(1);\n",
    'noRestrictedImports',
  ],
  ['a random number', 'src/log/random-number.ts', 'export const a = (): number => Math.random();\n', 'plugin'],
  ['a time-out of the platform', 'src/runtime/time-out.ts', 'export const a = (): AbortSignal => AbortSignal.timeout(1);\n', 'plugin'],
  ['output past the command', 'src/log/console.ts', "console.log('a');\n", 'noConsole'],
  ['a focused test', 'test/focused.test.ts', "import { it } from 'vitest';\nit.only('a', () => {});\n", 'noFocusedTests'],
];

const accepted: [what: string, path: string, source: string][] = [
  ['a file of 300 lines', 'src/runtime/300-lines.ts', lines(300)],
  ['a function of 78 lines', 'src/runtime/78-lines.ts', functionOf(78)],
  ['a machine as long as its states need', 'src/statecharts/machine.ts', functionOf(200)],
  ['a long test file', 'test/long.test.ts', lines(400)],
  ['the real clock, where Environment is implemented', 'src/runtime/node-environment.ts', 'export const a = (): number => Date.now();\n'],
  ['arithmetic', 'src/protocol/arithmetic.ts', 'export const a = (x: number): number => Math.max(x, 1);\n'],
  ['a hash', 'src/log/hash.ts', "import { createHash } from 'node:crypto';\nexport const a = createHash('sha256');\n"],
];

const report = z.object({ diagnostics: z.array(z.object({ category: z.string(), location: z.object({ path: z.string() }) })) });

describe('lint rules', () => {
  let directory: string;
  const complaints = new Map<string, string[]>();

  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'crossbound-lint-'));
    for (const name of ['biome.json', '.biome', '.gitignore']) cpSync(join(repository, name), join(directory, name), { recursive: true });
    for (const [, path, source] of [...refused, ...accepted]) {
      mkdirSync(dirname(join(directory, path)), { recursive: true });
      writeFileSync(join(directory, path), source);
    }
    const run = spawnSync(process.execPath, [biome, 'lint', '--reporter=json', '--max-diagnostics=none'], {
      cwd: directory,
      encoding: 'utf8',
    });
    for (const { category, location } of report.parse(JSON.parse(run.stdout)).diagnostics) {
      const rule = category.slice(category.lastIndexOf('/') + 1);
      complaints.set(location.path, [...(complaints.get(location.path) ?? []), rule]);
    }
  });

  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  it.each(refused)('%s is refused in %s', (_what, path, _source, rule) => {
    expect(complaints.get(path)).toEqual([rule]);
  });

  it.each(accepted)('%s is accepted in %s', (_what, path) => {
    expect(complaints.get(path)).toBeUndefined();
  });
});
