import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { InvalidInputError } from '../protocol/errors.ts';
import { describeFailure, withInterrupt } from './interrupt.ts';
import { assertWritable } from './output-file.ts';
import { ProgressLine } from './progress-line.ts';
import { describeProgress, describeRun } from './run/describe-run.ts';
import type { Kills } from './run/kill-plan.ts';
import { readRunConfig } from './run/run-config.ts';
import { runWorkload } from './run/run-workload.ts';

interface RunOptions {
  readonly inFlight: number;
  readonly kills: Kills;
  readonly databaseKills: number;
  readonly seed?: number;
  readonly keep?: string;
  readonly json?: string;
  readonly config?: string;
}

const MAX_KILLS = 1_000;
const MAX_IN_FLIGHT = 128;
const MAX_SEED = 2 ** 31 - 1;

const examples = `
The workload has a JSON object a line, with amounts in cents; the stores are bank_a, bank_b (PostgreSQL) and ledger (a journal):
  {"accounts":{"bank_a":{"ann":50000},"ledger":{"bob":0}}}      optional first line: what the accounts hold
  {"id":"t1","from":{"store":"bank_a","account":"ann"},"to":{"store":"ledger","account":"bob"},"amount":1250}

Examples:
  crossbound run workloads/transfers.ndjson                 kills the coordinator before and after every effect
  crossbound run mine.ndjson --kills none --json run.json   undisturbed, with a report for other programs
  crossbound run mine.ndjson --kills 5 --seed 7 --keep out  the same five kills each time; logs and traces stay in out
  crossbound run mine.ndjson --config databases.json        in databases of your own, each run in a schema of its own:
                                                            {"databases":{"bank_a":"postgres://...","bank_b":"postgres://..."}}

Exit codes: 0 everything is verified, 1 something is not, 2 could not run, 130 interrupted.`;

/** `crossbound run`: a workload of transfers, by a coordinator that is killed all the time, and what is left of it verified. */
export function runCommand(): Command {
  return new Command('run')
    .description('make the transfers of a file across PostgreSQL and a journal while the coordinator is killed, and verify the result')
    .argument('<workload>', 'the transfers, newline-delimited JSON')
    .option('--in-flight <count>', 'transfers at a time', integer(1, MAX_IN_FLIGHT), 32)
    .option(
      '--kills <count>',
      'how often the coordinator is killed: a number, all (before and after every effect), none, or auto: one for ten transfers, until it is all',
      kills,
      'auto',
    )
    .option('--database-kills <count>', 'how often the throw-away PostgreSQL is killed', integer(0, MAX_KILLS), 3)
    .option('--seed <number>', 'plan the same kills as the run that printed it', integer(0, MAX_SEED))
    .option('--keep <directory>', 'keep logs, traces and acknowledgements there; new or empty')
    .option('--json <file>', 'write the report as JSON')
    .option('--config <file>', 'connection strings of databases of your own; those are not killed')
    .addHelpText('after', examples)
    .action(async (workload: string, options: RunOptions) => {
      process.exitCode = await withInterrupt((signal) => run(workload, options, signal));
    });
}

async function run(file: string, options: RunOptions, signal: AbortSignal): Promise<number> {
  const line = new ProgressLine(process.stderr);
  let directory: string | undefined;
  try {
    if (options.json !== undefined) await assertWritable(options.json, '--json');
    const databases = options.config === undefined ? undefined : await readRunConfig(options.config);
    directory = options.keep === undefined ? await mkdtemp(join(tmpdir(), 'crossbound-work-')) : await emptyDirectory(options.keep);
    const { report } = await runWorkload({
      file,
      directory,
      inFlight: options.inFlight,
      kills: options.kills,
      databaseKills: options.databaseKills,
      seed: options.seed ?? Math.floor(Math.random() * MAX_SEED),
      databases,
      signal,
      onProgress: (progress) => line.tell(describeProgress(progress)),
    });
    line.end();
    process.stdout.write(describeRun(report));
    if (options.json !== undefined) await writeFile(options.json, `${JSON.stringify(report, undefined, 2)}\n`);
    return report.ok ? 0 : 1;
  } catch (error) {
    line.end();
    signal.throwIfAborted();
    const places = [tmpdir(), ...(options.keep === undefined ? [] : [options.keep])];
    process.stderr.write(`crossbound run: ${describeFailure(error, places)}\n`);
    return 2;
  } finally {
    if (directory !== undefined && options.keep === undefined) await rm(directory, { recursive: true, force: true });
  }
}

async function emptyDirectory(path: string): Promise<string> {
  // One level only: asked for more under /proc, Node's mkdir never ends.
  await mkdir(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
  const [first] = await readdir(path);
  if (first === undefined) return path;
  throw new InvalidInputError(`${path} is not empty (it has "${first}"): give --keep a new or empty directory.`);
}

function integer(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= min && value <= max) return value;
    throw new InvalidArgumentError(`It must be a whole number from ${min} to ${max}.`);
  };
}

function kills(text: string): Kills {
  if (text === 'all' || text === 'auto') return text;
  return text === 'none' ? 0 : integer(0, MAX_KILLS)(text);
}
