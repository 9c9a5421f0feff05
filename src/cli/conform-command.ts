import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import Table from 'cli-table3';
import { Command, InvalidArgumentError } from 'commander';
import { assertFixture, type ParticipantFixture } from '../../models/conformance/participant-fixture.ts';
import {
  type ConformanceReport,
  type ConformanceResult,
  isConformant,
  runParticipantConformance,
} from '../../models/conformance/run-conformance.ts';
import { InvalidInputError } from '../protocol/errors.ts';
import { describeFailure, withInterrupt } from './interrupt.ts';
import { assertWritable } from './output-file.ts';
import { ProgressLine } from './progress-line.ts';

const examples = `
Examples:
  crossbound conform json-directory.fixture.ts              every check, some ten seconds for a store in files
  crossbound conform json-directory.fixture.ts --seed 42    with the random sequences of an earlier run
  crossbound conform json-directory.fixture.ts --json out.json

FILE exports, under the name "fixture", what defineParticipantFixture of crossbound/testing takes; see
docs/guides/your-own-participant.md, which builds one in a page.

Exit codes: 0 every check that could be made holds, 1 one does not, 2 could not run, 130 interrupted.`;

/** Seeds are drawn below it. */
const MAX_NUMBER = 2 ** 31 - 1;

interface Options {
  readonly seed?: number;
  readonly path?: string;
  readonly runs?: number;
  readonly json?: string;
}

/** `crossbound conform`: the conformance suite on a participant of the user's own. */
export function conformCommand(): Command {
  return new Command('conform')
    .description('check a participant of your own: contract, recovery, idempotence, timing, random sequences, crashes')
    .argument('<file>', 'a module that exports the fixture of a participant, named "fixture"')
    .option('--seed <number>', 'repeats the random sequences of an earlier run', wholeNumber)
    .option('--path <path>', 'with --seed, repeats one counterexample')
    .option('--runs <number>', 'how many random sequences', wholeNumber)
    .option('--json <file>', 'write the report as JSON')
    .addHelpText('after', examples)
    .action(async (file: string, options: Options) => {
      // Not by itself: calls of a participant that never ended keep their sockets and timers.
      process.exit(await withInterrupt((signal) => conform(file, options, signal)));
    });
}

async function conform(file: string, { json, ...options }: Options, signal: AbortSignal): Promise<number> {
  const line = new ProgressLine(process.stderr);
  try {
    if (json !== undefined) await assertWritable(json, '--json');
    const fixture = await loadFixture(file);
    let done = 0;
    const onResult = (result: ConformanceResult, remaining: number) => {
      done += 1;
      line.tell(`${done} of ${done + remaining} checks: ${result.check}`);
    };
    const report = await runParticipantConformance(fixture, { ...options, signal, onResult });
    line.end();
    await new Promise((resolve) => process.stdout.write(describeReport(report), resolve));
    if (json !== undefined) await writeFile(json, `${JSON.stringify(report, undefined, 2)}\n`);
    return isConformant(report) ? 0 : 1;
  } catch (error) {
    line.end();
    signal.throwIfAborted();
    process.stderr.write(`crossbound conform: ${describeFailure(error)}\n`);
    return 2;
  }
}

async function loadFixture(file: string): Promise<ParticipantFixture> {
  const path = resolve(file);
  let loaded: { readonly fixture?: unknown };
  try {
    loaded = await import(pathToFileURL(path).href);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new InvalidInputError(`${path} cannot be loaded: ${why}`, { cause });
  }
  if (loaded.fixture === undefined) {
    throw new InvalidInputError(
      `${path} exports nothing named "fixture". Write: export const fixture = defineParticipantFixture({ ... });`,
    );
  }
  assertFixture(loaded.fixture);
  return loaded.fixture;
}

/** The table, what failed in full, and what was not checked. */
function describeReport({ title, seed, results, unchecked }: ConformanceReport): string {
  const table = new Table({
    head: ['group', 'check', 'guarantees', 'result', 'seconds'],
    colAligns: ['left', 'left', 'left', 'left', 'right'],
    style: { head: [], border: [] },
    chars: { mid: '', 'left-mid': '', 'mid-mid': '', 'right-mid': '' },
  });
  for (const { group, check, guarantees, status, elapsedMs } of results) {
    table.push([group, check, guarantees.join(', '), status, (elapsedMs / 1000).toFixed(1)]);
  }
  const count = (status: ConformanceResult['status']) => results.filter((result) => result.status === status).length;
  const failures = results.flatMap((result) => (result.status === 'failed' ? [`\n${result.check}:\n${indented(result.error)}`] : []));
  const gaps = unchecked.map(({ guarantee, reasons }) => `Guarantee ${guarantee} is not checked in full: ${reasons.join('; ')}.`);
  const summary = `${title}: ${count('passed')} passed, ${count('failed')} failed, ${count('skipped')} skipped; seed ${seed}`;
  return `${[table.toString(), ...failures, ...gaps, summary].join('\n')}\n`;
}

function indented(text: string): string {
  return text.replaceAll(/^/gm, '  ');
}

function wholeNumber(text: string): number {
  const number = Number(text);
  if (!/^\d+$/.test(text) || number > MAX_NUMBER) throw new InvalidArgumentError(`It must be a whole number of at most ${MAX_NUMBER}.`);
  return number;
}
