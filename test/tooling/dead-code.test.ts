/** Method: the real `knip.jsonc` judges a small package in a temporary directory that has one of each kind of dead code. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';

const repository = fileURLToPath(new URL('../..', import.meta.url));

const files = {
  'package.json': JSON.stringify({
    name: 'sample',
    type: 'module',
    dependencies: { unused: '1.0.0' },
    devDependencies: { vitest: '4.0.0' },
  }),
  'tsconfig.json': JSON.stringify({ extends: join(repository, 'tsconfig.json'), compilerOptions: { paths: {} } }),
  'src/index.ts': "export { live } from './live.ts';\n",
  'src/live.ts': 'export const live = 1;\nexport const dead = 2;\nexport const tested = 3;\n',
  'src/left-over.ts': 'export const nobody = 1;\n',
  'src/statecharts/index.ts': 'export {};\n',
  'models/index.ts': 'export const surface = 1;\n',
  'test/live.test.ts': "import { tested } from '../src/live.ts';\nif (tested !== 3) throw new Error();\n",
  'vitest.config.ts': "export default { test: { include: ['test/**/*.test.ts'] } };\n",
};

const named = z.array(z.object({ name: z.string() }));
const report = z.object({ issues: z.array(z.object({ file: z.string(), files: named, exports: named, dependencies: named })) });

describe('dead code', () => {
  let directory: string;
  let found: string[];

  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'crossbound-dead-code-'));
    for (const [path, content] of Object.entries(files)) {
      mkdirSync(dirname(join(directory, path)), { recursive: true });
      writeFileSync(join(directory, path), content);
    }
    cpSync(join(repository, 'knip.jsonc'), join(directory, 'knip.jsonc'));
    const knip = join(repository, 'node_modules/knip/bin/knip.js');
    const run = spawnSync(process.execPath, [knip, '--reporter', 'json', '--no-config-hints'], { cwd: directory, encoding: 'utf8' });
    const { issues } = report.parse(JSON.parse(run.stdout));
    found = issues.flatMap(({ file, ...kinds }) =>
      Object.entries(kinds).flatMap(([kind, names]) => names.map(({ name }) => `${kind}: ${file} ${name}`)),
    );
  });

  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  it('an export that nobody imports, a file that nobody reaches and a package that nobody uses are found, and nothing else', () => {
    expect(found.sort()).toEqual([
      'dependencies: package.json unused',
      'exports: src/live.ts dead',
      'files: src/left-over.ts src/left-over.ts',
    ]);
  });
});
