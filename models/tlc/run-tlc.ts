import { rmSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, delimiter, dirname, join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { onExit } from 'signal-exit';
import type { CheckProgress, CheckResult } from './check-result.ts';
import { CheckerError } from './checker-error.ts';
import type { Java } from './find-java.ts';
import { type LiveProgress, parseLiveProgress } from './live-progress.ts';
import { readModelConfig } from './model-config.ts';
import { startProcessGroup } from './process-group.ts';
import type { TlcJar } from './tlc-jar.ts';
import { TlcReport } from './tlc-report.ts';

/** One run of TLC: what to check and how. */
export interface TlcRun {
  readonly java: Java;
  readonly jar: TlcJar;
  /** The root module's file; modules that it extends or instantiates are looked for beside it. */
  readonly module: string;
  readonly config: string;
  /** One by default: only then are `generated` and `depth` the same in every run. */
  readonly workers?: number;
  /** Index of the fingerprint polynomial, 0 to 130. */
  readonly fingerprint?: number;
  /** Java's largest heap; without it Java's own choice, a quarter of the memory. */
  readonly heapMebibytes?: number | undefined;
  /** Count how often each action was taken. */
  readonly coverage?: boolean;
  /** Where to write the state graph; must end in `.dot`. See `readStateGraph`. */
  readonly dumpFile?: string | undefined;
  /** Called with each report of TLC, see also `live`. */
  readonly onProgress?: ((progress: CheckProgress) => void) | undefined;
  /** Every line that TLC writes, among them what a specification prints. */
  readonly onLine?: ((line: string) => void) | undefined;
  /** Counters each second; without it TLC reports after three seconds and then once a minute. */
  readonly live?: LiveProgress | undefined;
  /** Kills TLC; the run then rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Parent of the run's own temporary directory, by default the system's. TLC's states go there: they can take gigabytes. */
  readonly temporaryDirectory?: string | undefined;
}

/**
 * Runs TLC on one configuration. TLC's files are in a temporary directory of the run, which is removed however it ends,
 * and TLC itself is killed when this process exits.
 * @throws the abort reason, or CheckerError where TLC could not be started; everything that TLC finds, errors in the spec
 * included, is in the result.
 */
export async function runTlc(run: TlcRun): Promise<CheckResult> {
  run.signal?.throwIfAborted();
  const directory = await makeTemporaryDirectory(run.temporaryDirectory ?? tmpdir());
  const removeNow = onExit(() => rmSync(directory, { recursive: true, force: true }));
  try {
    return await runIn(directory, run);
  } finally {
    await rm(directory, { recursive: true, force: true, maxRetries: 3 });
    removeNow();
  }
}

async function runIn(directory: string, run: TlcRun): Promise<CheckResult> {
  const startedMs = performance.now();
  const report = new TlcReport(run.onProgress ?? (() => undefined), () => performance.now());
  const group = startProcessGroup(run.java.command, parametersFor(directory, run), {
    cwd: dirname(resolve(run.module)),
    signal: run.signal,
  });
  let complaints = '';
  const errors = createInterface({ input: group.stderr.setEncoding('utf8'), crlfDelay: Number.POSITIVE_INFINITY });
  errors.on('line', (line) => {
    const counters = parseLiveProgress(line);
    if (counters !== undefined) report.live(counters);
    else complaints = `${complaints}${line}\n`.slice(-longestComplaint);
  });
  const lines = createInterface({ input: group.stdout.setEncoding('utf8'), crlfDelay: Number.POSITIVE_INFINITY });
  lines.on('line', (line) => {
    report.accept(line);
    run.onLine?.(line);
  });
  const { code, signal } = await group.ended.catch((error: unknown) => {
    throw new CheckerError('JAVA_MISSING', `"${run.java.command}" could not be started: install Java 11 or newer, or use --checker wasm.`, {
      cause: error,
    });
  });
  run.signal?.throwIfAborted();
  for (const line of complaints.split('\n')) report.accept(line);
  const ending = signal === null ? `TLC ended with exit code ${code}.` : `TLC was killed by ${signal} (out of memory?).`;
  return {
    checker: { kind: 'tlc', version: report.version, sha256: run.jar.sha256 },
    verdict: await nameTheOnlyProperty(report.verdict(ending), run.config),
    generated: report.generated,
    distinct: report.distinct,
    depth: report.depth,
    unjudged: [],
    actions: report.actions,
    elapsedMs: performance.now() - startedMs,
  };
}

const longestComplaint = 16 * 1024;

function parametersFor(directory: string, run: TlcRun): string[] {
  return [
    ...(run.heapMebibytes === undefined ? [] : [`-Xmx${run.heapMebibytes}m`]),
    '-XX:+UseParallelGC',
    // TLC unpacks its standard modules into the temporary directory.
    `-Djava.io.tmpdir=${directory}`,
    '-cp',
    [resolve(run.jar.path), ...(run.live === undefined ? [] : [run.live.classPath])].join(delimiter),
    run.live?.mainClass ?? 'tlc2.TLC',
    '-tool',
    ...['-workers', String(run.workers ?? 1)],
    ...['-fp', String(run.fingerprint ?? 0)],
    ...['-metadir', join(directory, 'states')],
    ...['-config', resolve(run.config)],
    // Minutes between reports of the coverage; the one at the end comes anyway.
    ...(run.coverage === true ? ['-coverage', '1000'] : []),
    ...(run.dumpFile === undefined ? [] : ['-dump', 'dot,actionlabels', resolve(run.dumpFile)]),
    basename(run.module),
  ];
}

async function makeTemporaryDirectory(parent: string): Promise<string> {
  try {
    const directory = await mkdtemp(join(parent, 'crossbound-tlc-'));
    await mkdir(join(directory, 'states'));
    return directory;
  } catch (error) {
    throw new CheckerError(
      'DISK_FULL',
      `No temporary directory could be made in ${parent}: make room there, or set TMPDIR to a directory with room.`,
      { cause: error },
    );
  }
}

/** TLC does not say which of the PROPERTIES was violated; where there is only one, it is that one. */
async function nameTheOnlyProperty(verdict: CheckResult['verdict'], configPath: string): Promise<CheckResult['verdict']> {
  if (verdict.kind !== 'violation' || verdict.property.name !== undefined) return verdict;
  const { properties } = await readModelConfig(configPath);
  return properties.length === 1 ? { ...verdict, property: { ...verdict.property, name: properties[0] } } : verdict;
}
