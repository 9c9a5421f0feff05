#!/usr/bin/env node
import './assert-node-version.ts';

import { Command, CommanderError } from 'commander';
import { packageDescription, packageVersion } from '../../models/package-root.ts';
import { checkCommand } from './check-command.ts';
import { conformCommand } from './conform-command.ts';
import { demoCommand } from './demo-command.ts';
import { graphsCommand } from './graphs-command.ts';
import { watchOutput } from './interrupt.ts';
import { replayCommand } from './replay-command.ts';
import { runCommand } from './run-command.ts';
import { statechartsCommand } from './statecharts-command.ts';

watchOutput();

const program = new Command('crossbound').description(packageDescription).version(packageVersion).exitOverride();
for (const command of [
  demoCommand(),
  checkCommand(),
  replayCommand(),
  runCommand(),
  conformCommand(),
  statechartsCommand(),
  graphsCommand(),
]) {
  program.addCommand(command.exitOverride());
}

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof CommanderError)) throw error;
  // A wrong command line could not run; commander's own 1 would say that a property fails.
  process.exitCode ??= error.exitCode === 0 ? 0 : 2;
}
