// Method: a small manifest in memory, broken in one place at a time; pinning is done on a copy in a temporary directory.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { parseManifest, pinFigures, readManifest } from '../../../models/tlc/manifest.ts';

const configuration = {
  name: 'tiny',
  description: 'One counter.',
  root: 'Counter.tla',
  config: 'Counter.cfg',
  size: 'small',
  expect: { result: 'holds', neverTaken: ['Reset'] },
};
const manifest = {
  modules: [
    {
      module: 'Counter',
      description: 'Counts.',
      configurations: [configuration],
      mutants: [{ name: 'counts twice', patch: 'mutants/twice.diff', root: 'Counter.tla', config: 'Counter.cfg', rejectedBy: 'Bounded' }],
      reachable: [{ name: 'full', predicate: 'Full', root: 'Counter.tla', config: 'Counter.cfg' }],
    },
  ],
};
const directories: string[] = [];
afterEach(async () => {
  for (const directory of directories.splice(0)) await rm(directory, { recursive: true });
});

describe('a manifest', () => {
  test('that is complete is parsed, with the defaults filled in', () => {
    const [module] = parseManifest(JSON.stringify(manifest), 'manifest.json').modules;
    expect(module?.configurations[0]).toMatchObject({ fingerprint: 0, wasm: true });
    expect(module?.mutants[0]?.rejectedBy).toBe('Bounded');
  });

  test.each([
    ['size', { ...configuration, size: 'huge' }],
    ['config', { ...configuration, config: 'Counter.txt' }],
    ['expect', { ...configuration, expect: { result: 'perhaps' } }],
    ['workers', { ...configuration, workers: 2 }],
  ])('with a wrong %s is refused with that field in the message', (field, broken) => {
    const text = JSON.stringify({ modules: [{ module: 'Counter', description: 'x', configurations: [broken] }] });
    expect(() => parseManifest(text, 'manifest.json')).toThrow(new RegExp(`manifest.json is not a manifest[^]*${field}`));
  });

  test('that names one configuration twice is refused', () => {
    const text = JSON.stringify({ modules: [{ module: 'Counter', description: 'x', configurations: [configuration, configuration] }] });
    expect(() => parseManifest(text, 'manifest.json')).toThrow('"tiny" is there twice');
  });

  test('that is not JSON is refused with the place', () => {
    expect(() => parseManifest('{', 'manifest.json')).toThrow(/manifest.json is not JSON/);
  });
});

test('pinning writes the figures of the named configuration and leaves everything else as it was', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'crossbound-manifest-'));
  directories.push(directory);
  await writeFile(join(directory, 'manifest.json'), JSON.stringify(manifest));
  const figures = { generated: 7, distinct: 5, depth: 5 };
  await pinFigures(directory, [{ module: 'Counter', configuration: 'tiny', figures }]);
  expect(await readFile(join(directory, 'manifest.json'), 'utf8')).toContain('"neverTaken": ["Reset"]');
  const expected = structuredClone(manifest) as { modules: { configurations: { expect: object }[] }[] };
  Object.assign(expected.modules[0]?.configurations[0]?.expect ?? {}, { figures });
  expect(JSON.parse(await readFile(join(directory, 'manifest.json'), 'utf8'))).toEqual(expected);
  expect((await readManifest(directory))?.modules[0]?.configurations[0]?.expect).toMatchObject({ figures });
});

test('a directory without a manifest has none', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'crossbound-manifest-'));
  directories.push(directory);
  expect(await readManifest(directory)).toBeUndefined();
});
