/** Method: real vitest runs over files written into a temporary directory; only their last line and exit code are read. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const vitest = fileURLToPath(new URL('../../node_modules/vitest/vitest.mjs', import.meta.url));
const reporter = fileURLToPath(new URL('./summary-line-reporter.ts', import.meta.url));

describe('summary line', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'crossbound-reporter-'));
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  function lastLine(files: Record<string, string>): { line: string | undefined; exitCode: number | null } {
    for (const [name, content] of Object.entries(files)) writeFileSync(join(directory, name), content);
    const run = spawnSync(
      process.execPath,
      [vitest, 'run', '--globals', '--no-cache', '--root', directory, '--reporter=default', `--reporter=${reporter}`],
      { encoding: 'utf8' },
    );
    return { line: run.stdout.split('\n').at(-2), exitCode: run.status };
  }

  it('counts each outcome, and a file that does not load as one failure', () => {
    const outcome = lastLine({
      'mixed.test.js':
        "it('a', () => {}); it('b', () => {}); it('c', () => { throw new Error('no'); }); it.skip('d', () => {}); it.todo('e');",
      'broken.test.js': "throw new Error('does not load');",
    });
    expect(outcome).toEqual({ line: '2 passed, 2 failed, 2 skipped', exitCode: 1 });
  });

  it('says 0 failed when the run succeeds', () => {
    expect(lastLine({ 'good.test.js': "it('a', () => {});" })).toEqual({ line: '1 passed, 0 failed, 0 skipped', exitCode: 0 });
  });

  it('does not say 0 failed when a run without tests fails', () => {
    expect(lastLine({})).toEqual({ line: '0 passed, 1 failed, 0 skipped', exitCode: 1 });
  });

  it('counts an unhandled rejection as a failure', () => {
    const outcome = lastLine({ 'loose.test.js': "it('a', () => { Promise.reject(new Error('nobody waits')); });" });
    expect(outcome).toEqual({ line: '1 passed, 1 failed, 0 skipped', exitCode: 1 });
  });
});
