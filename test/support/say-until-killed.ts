import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** How long a program lives at most after its first word. */
const MAX_LIFE_MS = 120;

/** Runs a program that says a line for each thing it has made durable, and kills it with SIGKILL at a random moment after the first. */
export async function sayUntilKilled(program: string, argument: string): Promise<string[]> {
  const child = spawn(process.execPath, [program, argument], { stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  await once(child.stdout, 'data');
  await new Promise((resolve) => setTimeout(resolve, Math.random() * MAX_LIFE_MS));
  child.kill('SIGKILL');
  await once(child, 'close');
  return said.trimEnd().split('\n');
}
