import { type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { onExit } from 'signal-exit';

/** How a process ended: its exit code, or the signal that killed it. */
export interface ProcessEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface ProcessGroup {
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Settles when the process has ended and its output is read. Rejects when it could not be started (`ENOENT`). */
  readonly ended: Promise<ProcessEnd>;
}

/**
 * Starts a program in a process group of its own and sees to it that nothing of the group survives: it is killed (SIGKILL)
 * when `signal` aborts and when this process exits, also by SIGINT, SIGTERM or SIGHUP. Only a SIGKILL of this process
 * leaves it behind.
 */
export function startProcessGroup(
  command: string,
  parameters: readonly string[],
  options: { cwd?: string; env?: NodeJS.ProcessEnv; signal?: AbortSignal | undefined } = {},
): ProcessGroup {
  const { signal, ...spawnOptions } = options;
  signal?.throwIfAborted();
  const ownGroup = process.platform !== 'win32';
  const child: ChildProcessByStdio<null, Readable, Readable> = spawn(command, parameters, {
    ...spawnOptions,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: ownGroup,
    windowsHide: true,
  });
  const kill = (): void => {
    if (child.pid === undefined) return;
    try {
      if (ownGroup) process.kill(-child.pid, 'SIGKILL');
      else child.kill('SIGKILL');
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
    }
  };
  const forget = onExit(kill);
  signal?.addEventListener('abort', kill, { once: true });
  const ended = new Promise<ProcessEnd>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, killedBy) => resolve({ code, signal: killedBy }));
  }).finally(() => {
    forget();
    signal?.removeEventListener('abort', kill);
  });
  // A caller that reads the output first must not meet an unhandled rejection.
  ended.catch(() => undefined);
  return { stdout: child.stdout, stderr: child.stderr, ended };
}

/**
 * Runs a program to its end and returns the end of what it wrote (at most 64 Ki characters).
 * @param options.timeoutMs after which it is killed and a `TimeoutError` is thrown.
 */
export async function runToEnd(
  command: string,
  parameters: readonly string[],
  options: { cwd?: string; env?: NodeJS.ProcessEnv; signal?: AbortSignal | undefined; timeoutMs: number },
): Promise<ProcessEnd & { output: string }> {
  const { timeoutMs, signal, ...rest } = options;
  const deadline = AbortSignal.timeout(timeoutMs);
  const either = signal === undefined ? deadline : AbortSignal.any([signal, deadline]);
  const group = startProcessGroup(command, parameters, { ...rest, signal: either });
  let output = '';
  const keep = (chunk: string): void => {
    output = (output + chunk).slice(-maxOutputCharacters);
  };
  group.stdout.setEncoding('utf8').on('data', keep);
  group.stderr.setEncoding('utf8').on('data', keep);
  const end = await group.ended;
  either.throwIfAborted();
  return { ...end, output };
}

const maxOutputCharacters = 64 * 1024;
