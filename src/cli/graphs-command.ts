import { Argument, Command } from 'commander';
import {
  configurationOf,
  generateGraph,
  type ReplayedConfiguration,
  replayedConfigurations,
} from '../../models/two-phase-commit/stored-graphs.ts';
import { describeFailure, withInterrupt } from './interrupt.ts';
import { ProgressLine } from './progress-line.ts';

const examples = `
Examples:
  crossbound graphs && crossbound replay   all of them, some minutes
  crossbound graphs one-phase              one of them

Exit codes: 0 stored, 2 could not run, 130 interrupted.`;

/** `crossbound graphs`: what a change of the spec makes necessary. */
export function graphsCommand(): Command {
  return new Command('graphs')
    .description('have TLC generate the stored state graphs anew, after a change of the spec')
    .addArgument(new Argument('[configurations...]', 'which graphs; all when none is given').choices(replayedConfigurations))
    .addHelpText('after', examples)
    .action(async (names: ReplayedConfiguration[]) => {
      const wanted = names.length > 0 ? [...new Set(names)] : replayedConfigurations;
      process.exitCode = await withInterrupt((signal) => generateAll(wanted, signal));
    });
}

async function generateAll(names: readonly ReplayedConfiguration[], signal: AbortSignal): Promise<number> {
  const line = new ProgressLine(process.stderr);
  try {
    for (const name of names) {
      const graph = await generateGraph(name, {
        signal,
        onNews: (news) => process.stderr.write(`${news}\n`),
        onProgress: ({ distinct, queue }) => line.tell(`${configurationOf(name)}: ${distinct} states, ${queue} to expand`),
      });
      line.end();
      process.stdout.write(`${configurationOf(name)}: ${graph.states.length} states, ${graph.edges.length} edges, by ${graph.checker}\n`);
    }
    return 0;
  } catch (error) {
    line.end();
    signal.throwIfAborted();
    process.stderr.write(`crossbound graphs: ${describeFailure(error)}\n`);
    return 2;
  }
}
