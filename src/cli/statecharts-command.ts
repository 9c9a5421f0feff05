import { Argument, Command, Option } from 'commander';
import { coordinatorMachine, failureDetectorMachine, participantMachine, toMermaid, toStatelyJson } from '../statecharts/index.ts';

const machines = { coordinator: coordinatorMachine, participant: participantMachine, 'failure-detector': failureDetectorMachine };
type MachineName = keyof typeof machines;

const examples = `
Examples:
  crossbound statecharts coordinator                           a Mermaid diagram
  crossbound statecharts participant --format stately > p.json  for Stately's editor: "Import from JSON"`;

/** `crossbound statecharts`: a machine as a picture, or for the editor. */
export function statechartsCommand(): Command {
  return new Command('statecharts')
    .description("print a statechart as a Mermaid diagram, or as JSON for Stately's editor")
    .addArgument(new Argument('<machine>', 'which one').choices(Object.keys(machines)))
    .addOption(new Option('--format <format>', 'what to print').choices(['mermaid', 'stately']).default('mermaid'))
    .addHelpText('after', examples)
    .action((name: MachineName, { format }: { format: string }) => {
      process.stdout.write(format === 'stately' ? toStatelyJson(machines[name]) : toMermaid(machines[name]));
    });
}
