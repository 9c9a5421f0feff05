/**
 * Method: each block of the guides that is marked `ts run` is run as it stands, in a process of its own. A comment at the end of a
 * `console.log` says what it prints, and every block has one.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const repository = fileURLToPath(new URL('../..', import.meta.url));
const guides = join(repository, 'docs', 'guides');

interface Example {
  readonly title: string;
  readonly code: string;
  readonly prints: readonly string[];
}

const examples: readonly Example[] = readdirSync(guides)
  .filter((name) => name.endsWith('.md'))
  .flatMap((name) =>
    [...readFileSync(join(guides, name), 'utf8').matchAll(/^```ts run\n(.*?)^```$/gms)].map(([, code = ''], index) => ({
      title: `${basename(name, '.md')}, example ${index + 1}`,
      code,
      prints: [...code.matchAll(/console\.log\(.*\); \/\/ (.*)$/gm)].map(([, text = '']) => text),
    })),
  );

let workplace: string;
beforeAll(() => {
  workplace = mkdtempSync(join(tmpdir(), 'crossbound-guides-'));
});
afterAll(() => rmSync(workplace, { recursive: true }));

describe('the examples of the guides', () => {
  it('are there', () => {
    expect(examples.length).toBeGreaterThanOrEqual(5);
    expect(examples.filter(({ prints }) => prints.length === 0)).toEqual([]);
  });

  it.each(examples)('$title prints what it says', ({ title, code, prints }) => {
    const directory = join(workplace, title.replaceAll(/\W+/g, '-'));
    mkdirSync(directory);
    const source = code.replaceAll("from 'crossbound'", `from ${JSON.stringify(join(repository, 'src', 'index.ts'))}`);
    const program = join(directory, 'example.ts');
    writeFileSync(program, source);
    const { stdout, stderr, status } = spawnSync(process.execPath, [program], { cwd: directory, encoding: 'utf8', timeout: 30_000 });
    expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: `${prints.join('\n')}\n`, stderr: '' });
  });
});
