import { writeFile } from 'node:fs/promises';
import Table from 'cli-table3';
import { Argument, Command } from 'commander';
import { configurationOf, type ReplayedConfiguration, replayedConfigurations } from '../../models/two-phase-commit/stored-graphs.ts';
import { describeFailure, withInterrupt } from './interrupt.ts';
import { assertWritable } from './output-file.ts';
import { ProgressLine } from './progress-line.ts';
import { describeTotals, type ReplayReport, replayAll, replayHolds } from './replay/replay-all.ts';

const examples = `
Examples:
  crossbound replay                  every edge of every stored graph, some minutes
  crossbound replay network          the smallest, a few seconds
  crossbound replay --json out.json  with a report for other programs

Exit codes: 0 the code takes exactly the spec's steps, 1 it differs, 2 could not run, 130 interrupted.`;

/** `crossbound replay`: every edge of TLC's state graphs against the statecharts and the recovery code, both ways. */
export function replayCommand(): Command {
  return new Command('replay')
    .description('replay every edge that TLC generated against the statecharts and the recovery code')
    .addArgument(new Argument('[configurations...]', 'which graphs; all when none is given').choices(replayedConfigurations))
    .option('--json <file>', 'write the results as JSON')
    .addHelpText('after', examples)
    .action(async (names: ReplayedConfiguration[], options: { json?: string }) => {
      process.exitCode = await withInterrupt((signal) => replay(names, options.json, signal));
    });
}

async function replay(names: readonly ReplayedConfiguration[], json: string | undefined, signal: AbortSignal): Promise<number> {
  const line = new ProgressLine(process.stderr);
  try {
    if (json !== undefined) await assertWritable(json, '--json');
    const reports = await replayAll(names.length > 0 ? [...new Set(names)] : replayedConfigurations, {
      signal,
      onProgress: (totals) => line.tell(describeTotals(totals)),
    });
    line.end();
    process.stdout.write(describeReplay(reports));
    if (json !== undefined) await writeFile(json, `${JSON.stringify(reports, undefined, 2)}\n`);
    return reports.every(replayHolds) ? 0 : 1;
  } catch (error) {
    line.end();
    signal.throwIfAborted();
    process.stderr.write(`crossbound replay: ${describeFailure(error)}\n`);
    return 2;
  }
}

/** The table, and where the code differs, the way there. */
function describeReplay(reports: readonly ReplayReport[]): string {
  const table = new Table({
    head: ['configuration', 'edges covered', 'states', 'pairs', 'steps compared', 'seconds'],
    style: { head: [], border: [] },
  });
  for (const report of reports) {
    table.push([
      configurationOf(report.configuration),
      `${report.coveredEdges}/${report.totalEdges}`,
      `${report.coveredStates}/${report.totalStates}`,
      report.pairs,
      report.steps,
      (report.elapsedMs / 1000).toFixed(1),
    ]);
  }
  const differences = reports.flatMap(({ configuration, divergence }) =>
    divergence === undefined
      ? []
      : [
          `\nThe code differs from ${configurationOf(configuration)} at ${divergence.action}: ${divergence.message}. The way there:`,
          ...divergence.path.map((label, index) => `  ${index + 1}. ${label}`),
        ],
  );
  return `${[table.toString(), ...differences].join('\n')}\n`;
}
