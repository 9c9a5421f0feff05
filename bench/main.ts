/**
 * Measures Crossbound beside the least that its work can cost, and beside other transaction managers.
 *
 *     npm run bench -- --help
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Command, Option } from 'commander';
import { describeFailure, withInterrupt } from '../src/cli/interrupt.ts';
import { assertWritable } from '../src/cli/output-file.ts';
import { ProgressLine } from '../src/cli/progress-line.ts';
import type { Benchmark, Size } from './benchmark.ts';
import { durableOne, durableSaturated } from './benchmarks/durable.ts';
import { postgresql } from './benchmarks/postgresql.ts';
import { core, manyInFlight, volatileOne, volatileSaturated } from './benchmarks/volatile.ts';
import { type BenchmarkResult, measure } from './measure.ts';
import { describeMachine, renderMarkdown, renderSvg, renderTable } from './render.ts';

const benchmarks: readonly Benchmark[] = [core, volatileOne, volatileSaturated, manyInFlight, durableOne, durableSaturated, postgresql];
const names = benchmarks.map(({ name }) => name);

const examples = `
Examples:
  npm run bench                                 everything, some ten minutes
  npm run bench -- --quick                      a tenth of it
  npm run bench -- --only core volatile-one     some of it
  npm run bench -- --json bench.json --out dir  also as JSON, and as Markdown and an SVG chart a benchmark

Exit codes: 0 measured, 2 could not run, 130 interrupted. No figure is a failure.`;

interface Options {
  readonly quick?: boolean;
  readonly smallest?: boolean;
  readonly only?: readonly string[];
  readonly json?: string;
  readonly out?: string;
}

async function run(options: Options, signal: AbortSignal): Promise<number> {
  const { json, out } = options;
  const size: Size = options.smallest ? 'smallest' : options.quick ? 'quick' : 'full';
  const results: BenchmarkResult[] = [];
  const machine = describeMachine();
  const line = new ProgressLine(process.stderr);
  try {
    if (json !== undefined) await assertWritable(json, '--json');
    if (out !== undefined) await mkdir(out, { recursive: true });
    process.stdout.write(`${machine}\n\n`);
    for (const benchmark of benchmarks.filter(({ name }) => options.only?.includes(name) ?? true)) {
      const result = await measure(benchmark, size, (news) => line.tell(news), signal);
      results.push(result);
      line.end();
      process.stdout.write(`${renderTable(result)}\n`);
      if (out !== undefined) await writeFile(join(out, `${result.name}.svg`), renderSvg(result));
    }
    if (out !== undefined) await writeFile(join(out, 'results.md'), [machine, '', ...results.map(renderMarkdown)].join('\n'));
    if (json !== undefined) await writeFile(json, `${JSON.stringify({ machine, size, results }, undefined, 2)}\n`);
    return 0;
  } catch (error) {
    line.end();
    signal.throwIfAborted();
    process.stderr.write(`bench: ${describeFailure(error)}\n`);
    return 2;
  }
}

await new Command('bench')
  .description('measure Crossbound beside the least that its work can cost, and beside other transaction managers')
  .option('--quick', 'a smaller size: minutes become seconds, and spreads grow')
  .addOption(new Option('--smallest', 'only shows that every benchmark runs; its figures mean nothing').conflicts('quick'))
  .addOption(new Option('--only <names...>', 'these benchmarks').choices(names))
  .option('--json <file>', 'write the results as JSON')
  .option('--out <directory>', 'write results.md and a chart in SVG for each benchmark')
  .addHelpText('after', examples)
  .action(async (options: Options) => {
    process.exitCode = await withInterrupt((signal) => run(options, signal));
  })
  .parseAsync();
