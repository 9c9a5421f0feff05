/** Method: real processes that hold, contend for and die with a real lock. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LockedError } from '../../src/protocol/errors.ts';
import { nodeEnvironment } from '../../src/runtime/node-environment.ts';

const PROGRAM = fileURLToPath(new URL('lock-holder.ts', import.meta.url));
const { files } = nodeEnvironment();
let directory: string;
let path: string;
let contenders: Contender[] = [];

class Contender {
  readonly child: ChildProcessWithoutNullStreams;
  readonly #lines: AsyncIterator<string>;

  private constructor() {
    this.child = spawn(process.execPath, [PROGRAM, path]);
    this.child.stderr.pipe(process.stderr);
    this.#lines = createInterface({ input: this.child.stdout })[Symbol.asyncIterator]();
    contenders.push(this);
  }

  static async start(): Promise<Contender> {
    const contender = new Contender();
    expect(await contender.#line()).toBe('ready');
    return contender;
  }

  async tryLock(): Promise<string> {
    this.child.stdin.write('go\n');
    return this.#line();
  }

  async kill(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    this.child.kill('SIGKILL');
    await once(this.child, 'exit');
  }

  async #line(): Promise<string> {
    return (await this.#lines.next()).value;
  }
}

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'crossbound-lock-'));
  path = join(directory, 'lock');
});
afterEach(async () => {
  await Promise.all(contenders.map((contender) => contender.kill()));
  contenders = [];
  await rm(directory, { recursive: true });
});

describe('a lock', () => {
  it('refuses a second open in the same process, which leaves the first one held', async () => {
    const lock = await files.lock(path);
    await expect(files.lock(path)).rejects.toBeInstanceOf(LockedError);
    const other = await Contender.start();
    expect(await other.tryLock()).toBe('LOCKED');
    await lock.release();
    expect(await other.tryLock()).toBe('locked');
  });

  it('is free again after its release, and a second release does not touch the next holder', async () => {
    const first = await files.lock(path);
    await first.release();
    const second = await files.lock(path);
    await first.release();
    await expect(files.lock(path)).rejects.toBeInstanceOf(LockedError);
    await second.release();
  });

  it('refuses others while its holder is stopped, and is free as soon as it is killed', async () => {
    const holder = await Contender.start();
    expect(await holder.tryLock()).toBe('locked');
    holder.child.kill('SIGSTOP');
    await expect(files.lock(path)).rejects.toThrow(/locked.*fuser/s);
    await holder.kill();
    await (await files.lock(path)).release();
  });

  it('goes to exactly one of many starters at once, also when they take over from a dead holder, again and again', async () => {
    let waiting = await Promise.all(Array.from({ length: 8 }, () => Contender.start()));
    while (waiting.length > 0) {
      const answers = await Promise.all(waiting.map((contender) => contender.tryLock()));
      expect(answers.toSorted()).toEqual([...Array(waiting.length - 1).fill('LOCKED'), 'locked']);
      await waiting[answers.indexOf('locked')]?.kill();
      waiting = waiting.filter((_, index) => answers[index] !== 'locked');
    }
  });

  it('that nobody can take says what to check', async () => {
    await expect(files.lock(join(directory, 'missing', 'lock'))).rejects.toMatchObject({
      code: 'LOCK_FAILED',
      message: expect.stringMatching(/directory exists and is writable/),
    });
    await writeFile(path, 'this is somebody else’s file, and long enough to be read as a page of a database'.repeat(20));
    await expect(files.lock(path)).rejects.toMatchObject({ code: 'LOCK_FAILED' });
  });
});
