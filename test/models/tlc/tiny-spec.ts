import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findJava, type Java } from '../../../models/tlc/find-java.ts';
import { findTlc } from '../../../models/tlc/find-tlc.ts';
import type { TlcJar } from '../../../models/tlc/tlc-jar.ts';

/** The fixture specification: TinyCommit, what it refines, and its configurations. */
export const tinySpecDirectory = fileURLToPath(new URL('../../fixtures/spec', import.meta.url));

/** The real TLC, found the way the command finds it, or the reason why the tests that need it cannot run here. */
export type RealTlc = { readonly java: Java; readonly jar: TlcJar; readonly missing: undefined } | { readonly missing: string };

export async function findRealTlc(): Promise<RealTlc> {
  try {
    const java = await findJava();
    return { java, jar: await findTlc(), missing: undefined };
  } catch (error) {
    return { missing: error instanceof Error ? error.message : String(error) };
  }
}

/** A copy of the fixture specification that a test may break; removed when disposed of. */
export interface SpecCopy extends AsyncDisposable {
  readonly directory: string;
  /** Replaces `find`, which must be there, in one file. */
  edit(file: string, find: string, replace: string): Promise<void>;
  write(file: string, text: string): Promise<void>;
  path(file: string): string;
}

export async function copyTinySpec(): Promise<SpecCopy> {
  const directory = await mkdtemp(join(tmpdir(), 'crossbound-tiny-'));
  await cp(tinySpecDirectory, directory, { recursive: true });
  const path = (file: string): string => join(directory, file);
  return {
    directory,
    path,
    write: (file, text) => writeFile(path(file), text),
    async edit(file, find, replace) {
      const text = await readFile(path(file), 'utf8');
      if (!text.includes(find)) throw new Error(`${file} has no "${find}"`);
      await writeFile(path(file), text.replace(find, replace));
    },
    [Symbol.asyncDispose]: () => rm(directory, { recursive: true, force: true }),
  };
}
