/**
 * Method: the sources are built into a temporary directory that looks like an installed `crossbound`, and used from there
 * by its public names: by Node, as a command, and by a strict TypeScript consumer that also checks the declarations.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packageRoot } from '../../models/package-root.ts';

const repository = fileURLToPath(new URL('../..', import.meta.url));
const tsc = join(repository, 'node_modules/typescript/bin/tsc');

const consumer = `
import { InDoubtError, type Participant } from 'crossbound';
import * as statecharts from 'crossbound/statecharts';
import * as testing from 'crossbound/testing';
export const transaction: string = new InDoubtError('t', 'm').transaction;
export const nameOf = (participant: Participant): string => participant.name;
export const modules: object[] = [statecharts, testing];
// @ts-expect-error: the declarations are strict, not any
export const wrong: number = new InDoubtError('t', 'm').transaction;
`;

describe('the built package', () => {
  let directory: string;
  const node = (...parameters: string[]): string => execFileSync(process.execPath, parameters, { cwd: directory, encoding: 'utf8' });

  beforeAll(() => {
    directory = realpathSync(mkdtempSync(join(tmpdir(), 'crossbound-built-')));
    execFileSync(process.execPath, [tsc, '-p', join(repository, 'tsconfig.build.json'), '--outDir', join(directory, 'dist')], {
      stdio: 'pipe',
    });
    cpSync(join(repository, 'package.json'), join(directory, 'package.json'));
    symlinkSync(join(repository, 'node_modules'), join(directory, 'node_modules'), 'junction');
  });

  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  it.each(['crossbound', 'crossbound/statecharts', 'crossbound/testing'])('%s can be imported', (name) => {
    expect(node('--input-type=module', '--eval', `await import('${name}'); console.log('imported')`)).toBe('imported\n');
  });

  it('the command runs and knows its version', () => {
    const { version } = JSON.parse(node('--print', 'fs.readFileSync("package.json", "utf8")')) as { version: string };
    expect(node('dist/src/cli/main.js', '--version')).toBe(`${version}\n`);
  });

  it('finds its data files beside dist, and from source beside the sources', () => {
    const program = `const { packageRoot } = await import('./dist/models/package-root.js'); console.log(packageRoot)`;
    expect(node('--input-type=module', '--eval', program)).toBe(`${directory}\n`);
    expect(existsSync(join(packageRoot, 'models', 'package-root.ts'))).toBe(true);
  });

  it('a strict TypeScript program type-checks against it', () => {
    writeFileSync(join(directory, 'consumer.mts'), consumer);
    const options = [
      '--noEmit',
      '--strict',
      '--module',
      'nodenext',
      '--target',
      'es2024',
      '--lib',
      'es2024,esnext.disposable',
      '--types',
      'node',
    ];
    const check = spawnSync(process.execPath, [tsc, ...options, 'consumer.mts'], { cwd: directory, encoding: 'utf8' });
    expect({ complaints: check.stdout, exitCode: check.status }).toEqual({ complaints: '', exitCode: 0 });
  });
});
