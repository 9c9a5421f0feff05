import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';

/**
 * The directory of Crossbound's `package.json`, with `spec/` and `models/graphs/` beside it: the same one whether this
 * module runs from source (`models/`) or built (`dist/models/`).
 */
export const packageRoot: string = nearestPackage(dirname(fileURLToPath(import.meta.url)));

const manifest = z.object({ version: z.string(), description: z.string() });

/** What `package.json` says of this version. */
export const { version: packageVersion, description: packageDescription } = manifest.parse(
  JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')),
);

function nearestPackage(directory: string): string {
  if (existsSync(join(directory, 'package.json'))) return directory;
  const parent = dirname(directory);
  if (parent === directory)
    throw new Error(`No package.json above ${import.meta.url}: install Crossbound as a package, not as single files.`);
  return nearestPackage(parent);
}
