/** Other transaction managers with three dummy resources each, in a JVM of their own: see bench/java. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { BenchmarkContext, MissingSide, Round, Side } from '../benchmark.ts';

const JAVA_DIRECTORY = fileURLToPath(new URL('../java', import.meta.url));
const CLASS_PATH = [join(JAVA_DIRECTORY, 'target', 'bench.jar'), join(JAVA_DIRECTORY, 'target', 'lib', '*')].join(delimiter);
/** The first build fetches what it needs from Maven Central. */
const BUILD_DEADLINE_MS = 300_000;
const ANSWER_DEADLINE_MS = 300_000;

/** By what `bench.Main` calls it: what people call it. */
const NAMES = {
  'narayana-volatile': 'Narayana 7, VolatileStore',
  'narayana-default': 'Narayana 7, default store',
  'narayana-journal': 'Narayana 7, Artemis journal',
  atomikos: 'Atomikos 6',
} as const;

export type JavaSideName = keyof typeof NAMES;

let built: Promise<string | undefined> | undefined;

/** The sides of these names, with so many threads; missing ones where there is no Java or Maven, or the build fails. */
export async function javaSides(
  names: readonly JavaSideName[],
  threads: number,
  { directory, onNews }: BenchmarkContext,
): Promise<readonly (Side | MissingSide)[]> {
  built ??= build(onNews);
  const problem = await built;
  if (problem !== undefined) return names.map((name) => ({ name: NAMES[name], missing: problem }));
  return Promise.all(
    names.map(async (name): Promise<Side | MissingSide> => {
      try {
        return await startSide(name, threads, await mkdtemp(join(directory, `${name}-`)));
      } catch (error) {
        return { name: NAMES[name], missing: error instanceof Error ? error.message : String(error) };
      }
    }),
  );
}

/** What is wrong, or undefined when the classes are there. */
async function build(onNews: (text: string) => void): Promise<string | undefined> {
  onNews('building the Java side with Maven; the first time fetches it from Maven Central');
  const { promise, resolve } = Promise.withResolvers<string | undefined>();
  const maven = spawn('mvn', ['-q', '-B', 'package'], {
    cwd: JAVA_DIRECTORY,
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: BUILD_DEADLINE_MS,
  });
  let output = '';
  for (const stream of [maven.stdout, maven.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk));
  maven.on('error', () => resolve('Maven ("mvn") is not installed'));
  maven.on('close', (code) => resolve(code === 0 ? undefined : `Maven failed: ${lastLine(output, /ERROR/)}`));
  return await promise;
}

function lastLine(output: string, wanted: RegExp): string {
  return output.split('\n').find((line) => wanted.test(line)) ?? output.trim().split('\n').at(-1) ?? '';
}

async function startSide(name: JavaSideName, threads: number, directory: string): Promise<Side> {
  const jvm = new JavaProcess(name, directory);
  if ((await jvm.answer()) !== 'ready') throw new Error('it did not say that it is ready');
  const round = async (operations: number): Promise<Round> => {
    jvm.ask(`${operations} ${threads}`);
    const [elapsedMicros = Number.NaN, ...latenciesMicros] = (await jvm.answer()).split(' ').map(Number);
    return { latenciesMicros, operations, elapsedMicros };
  };
  return { name: NAMES[name], round, close: () => jvm.close() };
}

/** One JVM that answers each line with a line. */
class JavaProcess {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  #errors = '';

  constructor(name: JavaSideName, directory: string) {
    // Narayana's journal is made in the working directory by beans of its own, whatever the store's directory is.
    const child = spawn('java', ['-cp', CLASS_PATH, 'bench.Main', name, directory], { cwd: directory, stdio: ['pipe', 'pipe', 'pipe'] });
    this.#child = child;
    // Without a JVM there is no line either, and that is told there.
    child.on('error', () => undefined);
    child.stdin.on('error', () => undefined);
    child.stderr.on('data', (chunk: Buffer) => {
      this.#errors = `${this.#errors}${chunk}`.slice(-10_000);
    });
    this.#lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  }

  ask(line: string): void {
    this.#child.stdin?.write(`${line}\n`);
  }

  async answer(): Promise<string> {
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), ANSWER_DEADLINE_MS);
    const { value, done } = await this.#lines.next();
    clearTimeout(timer);
    if (done) throw new Error(`the JVM ended: ${lastLine(this.#errors, /Exception|Error/) || 'Java is not installed'}`);
    return value;
  }

  async close(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.pid === undefined) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#child.once('close', () => resolve());
    this.#child.stdin?.end();
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), 5_000);
    await promise;
    clearTimeout(timer);
  }
}
