import { tmpdir } from 'node:os';
import { CheckerError } from '../../models/tlc/checker-error.ts';
import { CrossboundError } from '../protocol/errors.ts';
import { diskFullWords } from './disk-full.ts';

const signals = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;
/** What a shell says of a program that its closed output has ended, 128 + SIGPIPE. */
const closedOutputCode = 141;

/** Aborts when standard output or standard error takes nothing any more; the reason is the exit code. */
const outputFailed = new AbortController();

/**
 * Makes an output that cannot be written an end in order instead of an unhandled error: quiet where its reader has gone, as
 * with `| head`; told on standard error otherwise, as on a full disk. Called once, before anything is written.
 */
export function watchOutput(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      // Every further write fails too.
      if (outputFailed.signal.aborted) return;
      const code = error.code === 'EPIPE' ? closedOutputCode : 2;
      process.exitCode = code;
      outputFailed.abort(code);
      if (code === 2)
        process.stderr.write(`crossbound: its output cannot be written: ${error.message}. Look at where it was sent, and try again.\n`);
    });
  }
}

/**
 * Runs a command so that Ctrl-C (and SIGTERM, SIGHUP) ends it in order: the work is aborted, its children are killed and its
 * temporary files removed, and the exit code is 128 + the signal's number. A second signal ends the process at once. An output
 * that fails, see {@link watchOutput}, ends it in the same order.
 */
export async function withInterrupt(work: (signal: AbortSignal) => Promise<number>): Promise<number> {
  const controller = new AbortController();
  let code: number | undefined;
  const handlers = Object.entries(signals).map(([name, exitCode]) => {
    const handler = (): void => {
      if (code !== undefined) process.exit(code);
      code = exitCode;
      controller.abort();
    };
    process.on(name, handler);
    return () => process.off(name, handler);
  });
  const onOutputFailed = (): void => {
    code ??= Number(outputFailed.signal.reason);
    controller.abort();
  };
  outputFailed.signal.addEventListener('abort', onOutputFailed);
  if (outputFailed.signal.aborted) onOutputFailed();
  try {
    const result = await work(controller.signal);
    return code ?? result;
  } catch (error) {
    if (code === undefined) throw error;
    if (!outputFailed.signal.aborted)
      process.stderr.write('Interrupted: what was running was stopped, and nothing of it is left behind.\n');
    return code;
  } finally {
    outputFailed.signal.removeEventListener('abort', onOutputFailed);
    for (const remove of handlers) remove();
  }
}

/**
 * An error as its user should read it: the message of an expected one, and never a stack trace for those.
 *
 * @param writtenTo - the directories that a full disk may be that of, where it is not known to be the temporary one.
 */
export function describeFailure(error: unknown, writtenTo: readonly string[] = [tmpdir()]): string {
  const full = error instanceof CheckerError ? undefined : diskFullWords(error);
  if (full !== undefined) {
    return `The disk of ${writtenTo.join(' or ')} is full (${full}).\nMake room there, or set TMPDIR to a directory with room, and try again.`;
  }
  if (error instanceof CrossboundError) return error.message;
  if (error instanceof Error && 'syscall' in error) return `${error.message}. Look at the path and its permissions, and try again.`;
  if (error instanceof Error) return `this is a defect of Crossbound, please report it:\n${error.stack ?? error.message}`;
  return `this is a defect of Crossbound, please report it: ${String(error)}`;
}
