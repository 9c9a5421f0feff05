#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { z } from 'zod';
import { packageRoot } from '../../models/package-root.ts';
import { checkCommand } from './check-command.ts';
import { graphsCommand } from './graphs-command.ts';
import { replayCommand } from './replay-command.ts';
import { runCommand } from './run-command.ts';
import { statechartsCommand } from './statecharts-command.ts';

const manifest = z.object({ version: z.string(), description: z.string() });
const { version, description } = manifest.parse(JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')));

await new Command('crossbound')
  .description(description)
  .version(version)
  .addCommand(checkCommand())
  .addCommand(replayCommand())
  .addCommand(graphsCommand())
  .addCommand(runCommand())
  .addCommand(statechartsCommand())
  .parseAsync();
