import { writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import { packageRoot } from '../../models/package-root.ts';
import type { Checker } from '../../models/tlc/run-spec-check.ts';
import { exitCodeOf, reportsToJson } from './check/check-report.ts';
import { CheckRun } from './check/check-run.ts';
import { findChecks } from './check/find-checks.ts';
import { describeOutcome, writeReports } from './check/write-reports.ts';
import { describeFailure, withInterrupt } from './interrupt.ts';
import { assertWritable } from './output-file.ts';

interface CheckOptions {
  readonly large: boolean;
  readonly mutants: boolean;
  readonly reachable: boolean;
  readonly checker: 'tlc' | 'wasm' | 'both';
  readonly json?: string;
  readonly specDir: string;
  readonly workers: number;
  readonly jobs: number;
  readonly heap?: number;
  readonly pin: boolean;
}

const examples = `
Examples:
  crossbound check                              every small configuration, a minute or two
  crossbound check TwoPhaseCommit --mutants     also what must be rejected, and by which property
  crossbound check --large --json report.json   the long run, with a report for other programs
  crossbound check --checker wasm               without Java: invariants and deadlocks only
  crossbound check ./mine/Queue.tla             a module of your own, with ./mine/Queue.cfg

Exit codes: 0 everything holds, 1 a property fails or a pinned figure differs, 2 something could not run, 130 interrupted.`;

/** `crossbound check`: the specs against their properties, their pinned sizes, their mutants and their situations. */
export function checkCommand(): Command {
  return new Command('check')
    .description('check the TLA+ specs with TLC, and show a counterexample step by step')
    .argument('[modules...]', 'modules of the spec directory by name, or your own by path; all when none is given')
    .option('--large', 'also the large configurations (minutes each)', false)
    .option('--mutants', 'also the mutants: deliberate bugs that a named property must reject', false)
    .option('--reachable', 'also that each named situation can be reached', false)
    .addOption(new Option('--checker <name>', 'who judges').choices(['tlc', 'wasm', 'both']).default('tlc'))
    .option('--json <file>', 'write the results, traces included, as JSON')
    .option('--spec-dir <directory>', 'another directory of specs, with or without a manifest.json', join(packageRoot, 'spec'))
    .option('--workers <count>', "TLC's threads in each run; with more than 1 the depth is not compared", positive, 1)
    .option('--jobs <count>', 'runs at a time', positive, Math.max(1, Math.min(2, availableParallelism())))
    .option('--heap <mebibytes>', "Java's largest heap in each run", positive)
    .option('--pin', 'write the figures that were found into manifest.json, instead of comparing them', false)
    .addHelpText('after', examples)
    .action(async (modules: string[], options: CheckOptions) => {
      process.exitCode = await withInterrupt((signal) => check(modules, options, signal));
    });
}

async function check(modules: readonly string[], options: CheckOptions, signal: AbortSignal): Promise<number> {
  try {
    if (options.json !== undefined) await assertWritable(options.json, '--json');
    const checks = await findChecks(modules, resolve(options.specDir), options);
    const checkers: Checker['kind'][] = options.checker === 'both' ? ['tlc', 'wasm'] : [options.checker];
    const run = new CheckRun({ ...options, specDirectory: resolve(options.specDir), checkers, signal, stream: process.stdout });
    const reports = await run.all(checks);
    if (options.pin) await run.pin(reports);
    writeReports(reports, process.stdout);
    if (options.json !== undefined) await writeFile(options.json, reportsToJson(reports));
    process.stdout.write(`${describeOutcome(reports)}\n`);
    return exitCodeOf(reports);
  } catch (error) {
    signal.throwIfAborted();
    process.stderr.write(`crossbound check: ${describeFailure(error)}\n`);
    return 2;
  }
}

function positive(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) throw new InvalidArgumentError('It must be a whole number of at least 1.');
  return value;
}
