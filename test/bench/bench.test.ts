// Method: the real command runs every benchmark at the smallest size, and its reports are read back. No figure is looked at: this is to keep the
// benchmarks running, on a machine that may be slow or without Java.
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';

const main = fileURLToPath(new URL('../../bench/main.ts', import.meta.url));
const run = promisify(execFile);
const positive = z.number().positive();
const report = z.object({
  machine: z.string().min(1),
  size: z.literal('smallest'),
  results: z.array(
    z.object({
      name: z.string(),
      sides: z
        .array(z.object({ name: z.string(), medianMicros: positive, p99Micros: positive, ratio: z.object({ median: positive }) }))
        .min(1),
      missing: z.array(z.object({ name: z.string(), missing: z.string().min(1) })),
    }),
  ),
});

let directory = '';
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'crossbound-bench-test-'));
});
afterAll(async () => {
  await rm(directory, { recursive: true, force: true });
});

test('every benchmark runs, and is in the JSON, in the Markdown and in a chart', { timeout: 300_000 }, async () => {
  const json = join(directory, 'bench.json');
  const { stdout } = await run(process.execPath, [main, '--smallest', '--json', json, '--out', directory]);
  const { results } = report.parse(JSON.parse(await readFile(json, 'utf8')));
  const markdown = await readFile(join(directory, 'results.md'), 'utf8');
  const charts = (await readdir(directory)).filter((name) => name.endsWith('.svg'));
  expect(charts.sort()).toEqual(results.map(({ name }) => `${name}.svg`).sort());
  expect(results.map(({ name }) => name)).toEqual([
    'core',
    'volatile-one',
    'volatile-saturated',
    'ten-thousand',
    'durable-one',
    'durable-saturated',
    'postgresql',
  ]);
  for (const { name, sides, missing } of results) {
    // Only what needs Java may be missing.
    for (const side of missing) expect(side.name).toMatch(/^(Narayana|Atomikos) /);
    const svg = await readFile(join(directory, `${name}.svg`), 'utf8');
    expect(svg).toMatch(/^<svg/);
    for (const side of [...sides, ...missing]) {
      expect(stdout).toContain(side.name);
      expect(markdown).toContain(`| ${side.name} |`);
    }
    for (const side of sides) expect(svg).toContain(side.name.replaceAll('&', '&amp;'));
  }
});

test('a benchmark that there is not is refused, and the ones that there are are named', async () => {
  await expect(run(process.execPath, [main, '--only', 'nonsense'])).rejects.toMatchObject({
    stderr: expect.stringMatching(/nonsense.*core, volatile-one/s),
  });
});
