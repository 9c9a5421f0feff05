// Method: the example of the README is pasted into an empty directory and run; its links and commands are looked up.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const repository = fileURLToPath(new URL('../..', import.meta.url));
const readme = readFileSync(join(repository, 'README.md'), 'utf8');

test('the example works when pasted, and again after a restart', () => {
  const [, code = ''] = /^```js\n(.*?)^```$/ms.exec(readme) ?? [];
  const directory = mkdtempSync(join(tmpdir(), 'crossbound-readme-'));
  try {
    const source = code.replace("from 'crossbound'", `from ${JSON.stringify(join(repository, 'src', 'index.ts'))}`);
    writeFileSync(join(directory, 'example.mjs'), source);
    for (const run of ['first', 'second']) {
      const { status, stdout, stderr } = spawnSync(process.execPath, ['example.mjs'], {
        cwd: directory,
        encoding: 'utf8',
        timeout: 30_000,
      });
      expect({ run, status, stdout, stderr }).toEqual({ run, status: 0, stdout: '97 three apples\n', stderr: '' });
    }
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test('every file that it links to is there', () => {
  const targets = [...readme.matchAll(/\]\(([^)#]+)\)/g)].map(([, target = '']) => target);
  expect(targets.length).toBeGreaterThan(3);
  expect(targets.filter((target) => !existsSync(join(repository, target)))).toEqual([]);
});

test('every command that it names exists', () => {
  const commands = new Set([...readme.matchAll(/^npx crossbound (\w+)/gm)].map(([, command = '']) => command));
  const { stdout } = spawnSync(process.execPath, [join(repository, 'src', 'cli', 'main.ts'), '--help'], {
    encoding: 'utf8',
    timeout: 30_000,
  });
  expect(commands.size).toBeGreaterThan(3);
  expect([...commands].filter((command) => !new RegExp(`^  ${command} `, 'm').test(stdout))).toEqual([]);
});
