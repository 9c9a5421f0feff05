import { existsSync, statSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { type ManifestModule, readManifest } from '../../../models/tlc/manifest.ts';
import { type CheckSelection, type SpecCheck, selectChecks } from '../../../models/tlc/spec-check.ts';
import { InvalidInputError } from '../../protocol/errors.ts';
import { nearNames } from './near-names.ts';

/**
 * What the command line asks for: modules of the spec directory by name (all where none is named), and modules by path
 * (`my/Spec.tla`), which are checked with the configuration beside them.
 * @throws InvalidInputError for what is not there, with what may have been meant.
 */
export async function findChecks(modules: readonly string[], specDirectory: string, selection: CheckSelection): Promise<SpecCheck[]> {
  const paths = modules.filter(isPath);
  const names = modules.filter((module) => !isPath(module));
  const named = names.length > 0 || paths.length === 0 ? await namedChecks(names, specDirectory, selection) : [];
  return [...named, ...paths.map(checkOfPath)];
}

function isPath(module: string): boolean {
  return module.endsWith('.tla') || /[\\/]/.test(module);
}

async function namedChecks(names: readonly string[], specDirectory: string, selection: CheckSelection): Promise<SpecCheck[]> {
  if (!existsSync(specDirectory))
    throw new InvalidInputError(`There is no directory ${specDirectory}: give the one with your specs to --spec-dir.`);
  if (!statSync(specDirectory).isDirectory())
    throw new InvalidInputError(
      `${specDirectory} is no directory: --spec-dir is the one that has your modules (Spec.tla, each with its Spec.cfg) and perhaps a manifest.json. A single module is given by its path instead: crossbound check ./Spec.tla.`,
    );
  const manifest = await readManifest(specDirectory);
  if (manifest === undefined) return await checksWithoutManifest(names, specDirectory);
  const known = manifest.modules.map(({ module }) => module);
  for (const name of names) {
    assertNotWithin(name, manifest.modules, specDirectory);
    assertKnown(name, known, specDirectory);
  }
  const wanted = manifest.modules.filter(({ module }) => names.length === 0 || names.includes(module));
  const checks = selectChecks(wanted, specDirectory, selection);
  if (checks.length === 0) throw new InvalidInputError(`${known.join(', ')} in ${specDirectory} have no small configuration: add --large.`);
  return checks;
}

async function checksWithoutManifest(names: readonly string[], specDirectory: string): Promise<SpecCheck[]> {
  const files = await readdir(specDirectory);
  const known = files
    .filter((file) => file.endsWith('.tla') && files.includes(file.replace(/\.tla$/, '.cfg')))
    .map((file) => basename(file, '.tla'));
  if (known.length === 0)
    throw new InvalidInputError(
      `${specDirectory} has neither a manifest.json nor a module with a configuration beside it (Spec.tla and Spec.cfg).`,
    );
  for (const name of names) assertKnown(name, known, specDirectory);
  return (names.length === 0 ? known : names).map((name) => checkOfPath(join(specDirectory, `${name}.tla`)));
}

/** A module may be there only to check another, as the situations are. */
function assertNotWithin(name: string, modules: readonly ManifestModule[], specDirectory: string): void {
  if (modules.some(({ module }) => module === name)) return;
  for (const [part, option] of [
    ['configurations', ''],
    ['reachable', ' --reachable'],
    ['mutants', ' --mutants'],
  ] as const) {
    const module = modules.find((entry) => entry[part].some(({ root }) => root === `${name}.tla`))?.module;
    if (module === undefined) continue;
    throw new InvalidInputError(`"${name}" in ${specDirectory} serves to check ${module}: run "crossbound check ${module}${option}".`);
  }
}

function assertKnown(name: string, known: readonly string[], specDirectory: string): void {
  if (known.includes(name)) return;
  const near = nearNames(name, known);
  const advice = near.length > 0 ? `Did you mean ${near.join(' or ')}?` : `There are ${known.join(', ')}.`;
  throw new InvalidInputError(
    `${specDirectory} has no module "${name}". ${advice} A module of your own is given by its path, such as ./${name}.tla.`,
  );
}

function checkOfPath(path: string): SpecCheck {
  const root = resolve(path.endsWith('.tla') ? path : `${path}.tla`);
  const config = root.replace(/\.tla$/, '.cfg');
  if (!existsSync(root)) throw new InvalidInputError(`${root} does not exist.`);
  if (!existsSync(config))
    throw new InvalidInputError(`${root} has no configuration: write ${config}, for example with the line "SPECIFICATION Spec".`);
  const module = basename(root, '.tla');
  return { kind: 'configuration', module, name: basename(config), root, config, specDirectory: dirname(root), configuration: undefined };
}
