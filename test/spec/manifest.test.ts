// Method: the manifest is compared with what lies in spec/, without running a checker: nothing is left unchecked by being
// forgotten, and each property that a module's head promises is broken by a mutant. `crossbound check` runs what is here.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { packageRoot } from '../../models/package-root.ts';
import { type ManifestModule, readManifest } from '../../models/tlc/manifest.ts';
import { readModelConfig } from '../../models/tlc/model-config.ts';
import { applyMutantEdit, parseMutantPatch } from '../../models/tlc/mutant.ts';

const spec = join(packageRoot, 'spec');
const read = (file: string): Promise<string> => readFile(join(spec, file), 'utf8');
const modules = (await readManifest(spec))?.modules ?? [];
const headed = modules.filter(({ module }) => ['TransactionCommit', 'TwoPhaseCommit', 'TwoPhaseOptions'].includes(module));

/** The numbered names in the head of a module. */
async function promised(module: string): Promise<string[]> {
  const head = (await read(`${module}.tla`)).split('EXTENDS')[0] ?? '';
  return [...head.matchAll(/^\(\* +\d+\. (\w+)/gm)].map(([, name = '']) => name);
}

async function filesThatEndIn(ending: string): Promise<string[]> {
  return (await readdir(spec, { recursive: true })).filter((file) => file.endsWith(ending)).sort();
}

const situationsOf = { TwoPhaseCommit: 'TwoPhaseSituations.tla', TwoPhaseOptions: 'TwoPhaseOptionsSituations.tla' } as const;

const unique = (names: readonly string[]): string[] => [...new Set(names)].sort();

test('every configuration and every mutant of spec/ is in the manifest', async () => {
  const entries = modules.flatMap(({ configurations, mutants, reachable }) => [...configurations, ...mutants, ...reachable]);
  expect(unique(entries.map(({ config }) => config))).toEqual(await filesThatEndIn('.cfg'));
  expect(unique(modules.flatMap(({ mutants }) => mutants.map(({ patch }) => patch)))).toEqual(await filesThatEndIn('.diff'));
});

test.each(headed)(
  'each property in the head of $module is checked by a configuration, and broken by a mutant',
  async (entry: ManifestModule) => {
    const names = unique(await promised(entry.module));
    expect(names.length).toBeGreaterThan(2);
    const configs = await Promise.all(entry.configurations.map(({ config }) => readModelConfig(join(spec, config))));
    expect(unique(configs.flatMap(({ invariants, properties }) => [...invariants, ...properties]))).toEqual(names);
    expect(unique(entry.mutants.map(({ rejectedBy }) => rejectedBy))).toEqual(names);
  },
);

test('every mutant applies, and says in words what it breaks', async () => {
  for (const { patch } of modules.flatMap(({ mutants }) => mutants)) {
    const { description, edits } = parseMutantPatch(await read(patch), patch);
    expect(description, patch).not.toBe('');
    for (const edit of edits) expect(applyMutantEdit(await read(edit.file), edit, patch)).not.toBe(await read(edit.file));
  }
});

test('every situation that is defined is shown to be reachable', async () => {
  for (const [module, first] of [
    ['TwoPhaseCommit', '(* Crashes *)'],
    ['TwoPhaseOptions', '(* One-phase commit *)'],
  ] as const) {
    const [, situations = ''] = (await read(situationsOf[module])).split(first);
    const defined = [...situations.matchAll(/^(\w+) +==/gm)].map(([, name = '']) => name);
    const { reachable = [] } = modules.find((entry) => entry.module === module) ?? {};
    expect(defined.length).toBeGreaterThan(10);
    expect(unique(reachable.map(({ predicate }) => predicate))).toEqual(unique(defined));
  }
});

test('every figure is pinned, and one model has more than a million states', () => {
  const figures = modules.flatMap(({ configurations }) =>
    configurations.map(({ name, expect: wanted }) => ({ name, distinct: wanted.result === 'holds' ? wanted.figures?.distinct : 0 })),
  );
  expect(figures.filter(({ distinct }) => distinct === undefined)).toEqual([]);
  expect(Math.max(...figures.map(({ distinct = 0 }) => distinct))).toBeGreaterThan(1_000_000);
});

test.each(['TwoPhaseCommit', 'TwoPhaseOptions'])('spec/README.md numbers the properties as %s does', async (module) => {
  const [, table = ''] = (await read('README.md')).split(`| number | property of ${module} |`);
  const [ownTable = ''] = table.split('\n\n');
  const rows = [...ownTable.matchAll(/^\| (\d+) \| (\w+)/gm)].map(([, number, name = '']) => [Number(number), name]);
  expect(rows).toEqual((await promised(module)).map((name, index) => [index + 1, name]));
});

test('no configuration cuts off or folds states', async () => {
  for (const config of await filesThatEndIn('.cfg'))
    expect(await read(config), config).not.toMatch(/^\s*(ACTION_)?CONSTRAINT|^\s*SYMMETRY|^\s*VIEW/m);
});
