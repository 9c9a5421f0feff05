#!/usr/bin/env node
import { Command } from 'commander';
import { packageDescription, packageVersion } from '../../models/package-root.ts';
import { checkCommand } from './check-command.ts';
import { demoCommand } from './demo-command.ts';
import { graphsCommand } from './graphs-command.ts';
import { replayCommand } from './replay-command.ts';
import { runCommand } from './run-command.ts';
import { statechartsCommand } from './statecharts-command.ts';

await new Command('crossbound')
  .description(packageDescription)
  .version(packageVersion)
  .addCommand(demoCommand())
  .addCommand(checkCommand())
  .addCommand(replayCommand())
  .addCommand(runCommand())
  .addCommand(statechartsCommand())
  .addCommand(graphsCommand())
  .parseAsync();
