/** Method: every file that git tracks is read; the patterns are spelled so that they do not match themselves. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const repository = fileURLToPath(new URL('../..', import.meta.url));
const inGit = existsSync(join(repository, '.git'));

const registryHosts = [
  /\bregistry[.-][\w.-]+[.](?:com|org|net|io|dev)\b/i,
  /\bnpm[.]pkg[.]\w/i,
  /\b(?:[a]rtifactory|[v]erdaccio)\b/i,
  /[/]repository[/]npm-/i,
];

/** What is wrong with a file's content, beside the host of the registry that this machine uses. */
function leaks(content: string, machineRegistry: string | undefined): string[] {
  const found = registryHosts.filter((pattern) => pattern.test(content)).map(String);
  if (/"resolved":\s*"http/.test(content)) found.push('a resolved URL');
  if (machineRegistry !== undefined && content.includes(machineRegistry)) found.push('the registry of this machine');
  return found;
}

function registryOfThisMachine(): string | undefined {
  const url = execFileSync('npm', ['config', 'get', 'registry'], {
    cwd: repository,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const { host } = new URL(url.trim());
  // A bare word such as `localhost` names no registry where it is found in a text.
  return /[.:]/.test(host) ? host : undefined;
}

function committedFiles(): string[] {
  const tracked = execFileSync('git', ['ls-files', '-z'], { cwd: repository, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
  return tracked.split('\0').filter((path) => path !== '' && existsSync(join(repository, path)));
}

describe('committed files', () => {
  it.runIf(inGit)('none names a package registry or a place that a package was resolved to', () => {
    const machine = registryOfThisMachine();
    const files = committedFiles();
    expect(files).toContain('package-lock.json');
    const leaking = files.map((path) => ({ path, leaks: leaks(readFileSync(join(repository, path), 'latin1'), machine) }));
    expect(leaking.filter(({ leaks }) => leaks.length > 0)).toEqual([]);
  });

  it.each([
    ['a resolved URL', `{ "resolved"${': '}"http://localhost/zod.tgz" }`],
    ['the usual registry', `https://${['registry', 'npmjs', 'org'].join('.')}/zod`],
    ['another registry', `https://${['registry', 'example', 'com'].join('.')}/zod`],
    ['a private registry', `https://packages.example/${['artifact', 'ory'].join('')}/api/npm`],
    ['the registry of this machine', 'see http://packages.internal:4873/zod'],
  ])('%s would be noticed', (_what, content) => {
    expect(leaks(content, 'packages.internal:4873')).not.toEqual([]);
  });

  it('the lockfile pins every package by its content', () => {
    const { packages } = JSON.parse(readFileSync(join(repository, 'package-lock.json'), 'utf8')) as {
      packages: Record<string, { integrity?: string }>;
    };
    const unpinned = Object.entries(packages).filter(([path, { integrity }]) => path !== '' && integrity === undefined);
    expect(unpinned.map(([path]) => path)).toEqual([]);
  });
});
