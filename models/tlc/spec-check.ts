import { existsSync, rmSync } from 'node:fs';
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { onExit } from 'signal-exit';
import { InvalidInputError } from '../../src/protocol/errors.ts';
import type { Configuration, ManifestModule, Mutant, Situation } from './manifest.ts';
import { type ModelConfig, parseModelConfig, withOtherChecks } from './model-config.ts';
import { applyMutantEdit, parseMutantPatch } from './mutant.ts';

/** One thing to check: a configuration, a mutant that must be rejected, or a situation that must be reachable. */
export type SpecCheck = {
  /** The manifest's module, or the name of the root module where there is no manifest. */
  readonly module: string;
  readonly name: string;
  /** Absolute paths. */
  readonly root: string;
  readonly config: string;
  readonly specDirectory: string;
} & (
  | { readonly kind: 'configuration'; readonly configuration: Configuration | undefined }
  | { readonly kind: 'mutant'; readonly mutant: Mutant }
  | { readonly kind: 'situation'; readonly situation: Situation }
);

/** Which of a manifest's checks are wanted. */
export interface CheckSelection {
  readonly large: boolean;
  readonly mutants: boolean;
  readonly reachable: boolean;
}

/** The checks of some modules of a manifest, in its order. */
export function selectChecks(modules: readonly ManifestModule[], specDirectory: string, selection: CheckSelection): SpecCheck[] {
  return modules.flatMap((entry): SpecCheck[] => {
    const common = ({ name, root, config }: { name: string; root: string; config: string }) => ({
      module: entry.module,
      name,
      root: join(specDirectory, root),
      config: join(specDirectory, config),
      specDirectory,
    });
    const configurations = entry.configurations.filter(({ size }) => size === 'small' || selection.large);
    return [
      ...configurations.map((configuration): SpecCheck => ({ ...common(configuration), kind: 'configuration', configuration })),
      ...(selection.mutants ? entry.mutants : []).map((mutant): SpecCheck => ({ ...common(mutant), kind: 'mutant', mutant })),
      ...(selection.reachable ? entry.reachable : []).map(
        (situation): SpecCheck => ({ ...common(situation), kind: 'situation', situation }),
      ),
    ];
  });
}

/** The files that a checker gets, and what of them was made for the occasion. */
export interface PreparedCheck extends AsyncDisposable {
  readonly module: string;
  readonly config: string;
}

/** The module that asks whether a situation is reachable, and its invariant: that it is not. */
const situationModule = 'SituationIsUnreachable';

/**
 * Writes what a check needs: nothing for a configuration; for a mutant a patched copy of the modules, and for a situation a
 * module that claims the opposite, in a temporary directory that is removed when the result is disposed of.
 * @throws InvalidInputError where a mutant does not apply or its property is not in the configuration.
 */
export async function prepareCheck(check: SpecCheck): Promise<PreparedCheck> {
  for (const path of [check.root, check.config]) {
    if (!existsSync(path)) throw new InvalidInputError(`${path} does not exist: correct the manifest or the path.`);
  }
  if (check.kind === 'configuration') return { module: check.root, config: check.config, [Symbol.asyncDispose]: async () => undefined };
  const copy = await copyModules(dirname(check.root));
  try {
    if (check.kind === 'mutant') return await prepareMutant(copy, check, check.mutant);
    return await prepareSituation(copy, check, check.situation);
  } catch (error) {
    await copy.remove();
    throw error;
  }
}

/** The same check with other invariants and properties, for example one property alone. */
export async function prepareWithChecks(check: SpecCheck, only: ModelConfig): Promise<PreparedCheck> {
  const copy = await copyModules(dirname(check.root));
  return await finish(copy, basename(check.root), withOtherChecks(await readFile(check.config, 'utf8'), only));
}

interface ModuleCopy {
  readonly directory: string;
  remove(): Promise<void>;
}

async function copyModules(from: string): Promise<ModuleCopy> {
  const directory = await mkdtemp(join(tmpdir(), 'crossbound-spec-'));
  const forget = onExit(() => rmSync(directory, { recursive: true, force: true }));
  for (const file of await readdir(from)) if (file.endsWith('.tla')) await cp(join(from, file), join(directory, file));
  const remove = async (): Promise<void> => {
    forget();
    await rm(directory, { recursive: true, force: true });
  };
  return { directory, remove };
}

async function finish(copy: ModuleCopy, module: string, config: string): Promise<PreparedCheck> {
  const path = join(copy.directory, 'Check.cfg');
  await writeFile(path, config);
  return { module: join(copy.directory, module), config: path, [Symbol.asyncDispose]: copy.remove };
}

async function prepareMutant(copy: ModuleCopy, check: SpecCheck, mutant: Mutant): Promise<PreparedCheck> {
  const patchPath = join(check.specDirectory, mutant.patch);
  const patch = parseMutantPatch(await readFile(patchPath, 'utf8'), patchPath);
  for (const edit of patch.edits) {
    const target = join(copy.directory, edit.file);
    if (!existsSync(target)) throw new InvalidInputError(`${patchPath}: there is no ${edit.file} beside ${check.root}.`);
    await writeFile(target, applyMutantEdit(await readFile(target, 'utf8'), edit, patchPath));
  }
  const configText = await readFile(check.config, 'utf8');
  return await finish(copy, basename(check.root), withOtherChecks(configText, onlyRejecting(mutant, configText, check.config)));
}

function onlyRejecting({ name, rejectedBy }: Mutant, configText: string, configPath: string): ModelConfig {
  const { invariants, properties } = parseModelConfig(configText);
  if (invariants.includes(rejectedBy)) return { invariants: [rejectedBy], properties: [] };
  if (properties.includes(rejectedBy)) return { invariants: [], properties: [rejectedBy] };
  if (rejectedBy === 'deadlock') return { invariants: [], properties: [] };
  throw new InvalidInputError(
    `The mutant "${name}" is to be rejected by ${rejectedBy}, which ${configPath} does not check: name it there, or correct the manifest.`,
  );
}

async function prepareSituation(copy: ModuleCopy, check: SpecCheck, { predicate }: Situation): Promise<PreparedCheck> {
  const lines = [
    `---- MODULE ${situationModule} ----`,
    `EXTENDS ${basename(check.root, '.tla')}`,
    `${situationModule}Invariant == ~(${predicate})`,
    '====',
  ];
  await writeFile(join(copy.directory, `${situationModule}.tla`), `${lines.join('\n')}\n`);
  const config = withOtherChecks(await readFile(check.config, 'utf8'), { invariants: [`${situationModule}Invariant`], properties: [] });
  return await finish(copy, `${situationModule}.tla`, config);
}
