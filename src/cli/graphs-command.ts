import { Command } from 'commander';
import { generateGraph, replayedConfigurations } from '../../models/two-phase-commit/stored-graphs.ts';
import { describeFailure, withInterrupt } from './interrupt.ts';
import { ProgressLine } from './progress-line.ts';

/** `crossbound graphs`: what a change of the spec makes necessary. */
export function graphsCommand(): Command {
  return new Command('graphs')
    .description('have TLC generate the stored state graphs anew, after a change of the spec')
    .addHelpText('after', '\nExample:\n  crossbound graphs && crossbound replay\n\nExit codes: 0 stored, 2 could not run, 130 interrupted.')
    .action(async () => {
      process.exitCode = await withInterrupt(generateAll);
    });
}

async function generateAll(signal: AbortSignal): Promise<number> {
  const line = new ProgressLine(process.stderr);
  try {
    for (const name of replayedConfigurations) {
      const graph = await generateGraph(name, {
        signal,
        onNews: (news) => process.stderr.write(`${news}\n`),
        onProgress: ({ distinct, queue }) => line.tell(`TwoPhaseCommit-${name}: ${distinct} states, ${queue} to expand`),
      });
      line.end();
      process.stdout.write(`TwoPhaseCommit-${name}: ${graph.states.length} states, ${graph.edges.length} edges, by ${graph.checker}\n`);
    }
    return 0;
  } catch (error) {
    line.end();
    signal.throwIfAborted();
    process.stderr.write(`crossbound graphs: ${describeFailure(error)}\n`);
    return 2;
  }
}
