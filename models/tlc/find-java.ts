import { join } from 'node:path';
import { CheckerError } from './checker-error.ts';
import { runToEnd } from './process-group.ts';

/** TLC 2.18 and 1.7.4 are compiled for this one. */
const oldestJava = 11;
const versionTimeoutMs = 20_000;
const advice = `Install Java ${oldestJava} or newer (for example from adoptium.net) and see that "java" is in PATH or that JAVA_HOME names it, or use --checker wasm, which needs no Java but judges safety only.`;

/** A Java that can run TLC. */
export interface Java {
  readonly command: string;
  readonly majorVersion: number;
}

/**
 * Finds Java in `JAVA_HOME`, else in `PATH`.
 * @throws CheckerError `JAVA_MISSING` or `JAVA_TOO_OLD`.
 */
export async function findJava(env: NodeJS.ProcessEnv = process.env, signal?: AbortSignal): Promise<Java> {
  const home = env['JAVA_HOME'];
  const command = home === undefined || home === '' ? 'java' : join(home, 'bin', 'java');
  let output: string;
  try {
    const run = await runToEnd(command, ['-version'], { env, signal, timeoutMs: versionTimeoutMs });
    output = run.output;
  } catch (error) {
    signal?.throwIfAborted();
    throw new CheckerError('JAVA_MISSING', `TLC needs Java, and "${command}" could not be run. ${advice}`, { cause: error });
  }
  // "17.0.15", "21-ea", "1.8.0_402"
  const [, first, second] = /version "(\d+)(?:\.(\d+))?/.exec(output) ?? [];
  if (first === undefined) {
    throw new CheckerError(
      'JAVA_MISSING',
      `"${command} -version" did not say which Java it is, but: ${output.trim().slice(0, 200)}\n${advice}`,
    );
  }
  const majorVersion = Number(first === '1' ? second : first);
  if (majorVersion < oldestJava) throw new CheckerError('JAVA_TOO_OLD', `"${command}" is Java ${majorVersion}, too old for TLC. ${advice}`);
  return { command, majorVersion };
}
