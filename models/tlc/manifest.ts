import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { InvalidInputError } from '../../src/protocol/errors.ts';

const fileName = (ending: string) =>
  z.string().regex(new RegExp(`^[\\w./-]+\\.${ending}$`), `a path inside the spec directory that ends in .${ending}`);
const tlaName = z.string().regex(/^\w*[A-Za-z]\w*$/, 'a TLA+ identifier');
const title = z.string().min(1).max(120);
const count = z.int().positive();

/** The size of a state space as TLC reports it with one worker: a run that differs from a pinned one fails. */
export const figuresSchema = z.strictObject({
  /** States computed, duplicates included. */
  generated: count,
  /** States that differ from one another. */
  distinct: count,
  /** States on the longest of the shortest paths from an initial state. */
  depth: count,
});

const expectationSchema = z.discriminatedUnion('result', [
  z.strictObject({
    result: z.literal('holds'),
    /** Absent until `crossbound check --pin` wrote them; a check without them fails. */
    figures: figuresSchema.optional(),
    /** Actions that this configuration must never take. Where given, TLC runs with coverage and the list must be exact. */
    neverTaken: z.array(tlaName).optional(),
  }),
  z.strictObject({
    result: z.literal('violates'),
    /** The invariant or property of the configuration, or `deadlock`. */
    property: tlaName,
  }),
]);

const configurationSchema = z.strictObject({
  /** Short name, unique in its module: `1 transaction, 3 participants, crashes`. */
  name: title,
  description: z.string().min(1),
  /** The module given to TLC, for example `MCTwoPhaseCommit.tla`. */
  root: fileName('tla'),
  config: fileName('cfg'),
  /** `small` runs at every change, `large` only when asked. */
  size: z.enum(['small', 'large']),
  /** Index of TLC's fingerprint polynomial, fixed so that the figures can be pinned. */
  fingerprint: z.int().min(0).max(130).default(0),
  /** False where `tla-checker` cannot take this configuration; `reason` goes to the report. */
  wasm: z.union([z.literal(true), z.strictObject({ reason: z.string().min(1) })]).default(true),
  expect: expectationSchema,
});

const mutantSchema = z.strictObject({
  name: title,
  /** A hunk file, see `mutant.ts`. */
  patch: fileName('diff'),
  root: fileName('tla'),
  config: fileName('cfg'),
  /** The invariant or property, named in `config`, that alone must reject the mutant; or `deadlock`. */
  rejectedBy: tlaName,
});

const situationSchema = z.strictObject({
  name: title,
  /** A state predicate defined in `root` or in what it extends; TLC must find a state where it is true. */
  predicate: tlaName,
  root: fileName('tla'),
  config: fileName('cfg'),
});

const moduleSchema = z.strictObject({
  module: tlaName,
  description: z.string().min(1),
  configurations: z.array(configurationSchema).min(1),
  mutants: z.array(mutantSchema).default([]),
  reachable: z.array(situationSchema).default([]),
});

/** `spec/manifest.json`: what is checked, how large it is, what must reject each mutant, what must be reachable. */
export const manifestSchema = z.strictObject({ modules: z.array(moduleSchema).min(1) }).superRefine(({ modules }, context) => {
  const unique = (names: readonly string[], path: readonly (string | number)[]): void => {
    const twice = names.find((name, index) => names.indexOf(name) !== index);
    if (twice !== undefined) context.addIssue({ code: 'custom', path: [...path], message: `"${twice}" is there twice` });
  };
  unique(
    modules.map((entry) => entry.module),
    ['modules'],
  );
  modules.forEach((entry, index) => {
    for (const part of ['configurations', 'mutants', 'reachable'] as const) {
      unique(
        entry[part].map((item) => item.name),
        ['modules', index, part],
      );
    }
  });
});

/** See {@link Manifest}: the size of a state space. */
export type Figures = z.infer<typeof figuresSchema>;
/** What `spec/manifest.json` says. */
export type Manifest = z.infer<typeof manifestSchema>;
/** A module, with its configurations, mutants and situations. */
export type ManifestModule = z.infer<typeof moduleSchema>;
/** One configuration of a module, its size, and what is expected of it. */
export type Configuration = z.infer<typeof configurationSchema>;
/** A deliberate bug, and the property that must reject it. */
export type Mutant = z.infer<typeof mutantSchema>;
/** A state predicate that must be true somewhere. */
export type Situation = z.infer<typeof situationSchema>;

const manifestPath = (specDirectory: string): string => join(specDirectory, 'manifest.json');

/**
 * Reads and checks `manifest.json` of a spec directory.
 * @returns `undefined` where there is no such file.
 * @throws InvalidInputError that names the field at fault.
 */
export async function readManifest(specDirectory: string): Promise<Manifest | undefined> {
  const path = manifestPath(specDirectory);
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw new InvalidInputError(`${path} could not be read.`, { cause: error });
  }
  return parseManifest(text, path);
}

/** Parses the text of a manifest; `path` is only named in messages. */
export function parseManifest(text: string, path: string): Manifest {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new InvalidInputError(`${path} is not JSON: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
  const parsed = manifestSchema.safeParse(json);
  if (!parsed.success) {
    throw new InvalidInputError(`${path} is not a manifest:\n${z.prettifyError(parsed.error)}`, { cause: parsed.error });
  }
  return parsed.data;
}

/**
 * Writes found figures into `manifest.json`, by module and configuration name, and leaves the rest as it is. The file is
 * replaced in one step: a crash leaves the old or the new one.
 */
export async function pinFigures(
  specDirectory: string,
  found: readonly { module: string; configuration: string; figures: Figures }[],
): Promise<void> {
  const path = manifestPath(specDirectory);
  const text = await readFile(path, 'utf8');
  parseManifest(text, path);
  const raw = z.looseObject({ modules: z.array(rawModuleSchema) }).parse(JSON.parse(text));
  for (const { module, configuration, figures } of found) {
    const entry = raw.modules.find((candidate) => candidate.module === module);
    const target = entry?.configurations.find((candidate) => candidate.name === configuration);
    if (target !== undefined) target.expect['figures'] = figures;
  }
  const draft = `${path}.${process.pid}.new`;
  await writeFile(draft, `${shortLists(JSON.stringify(raw, undefined, 2))}\n`);
  await rename(draft, path);
}

/** Lists of names on one line, as the project's formatter has them. */
function shortLists(json: string): string {
  return json.replace(/\[\s+("[^"]*"(?:,\s+"[^"]*")*)\s+\]/g, (_, items: string) => `[${items.replace(/\s*\n\s*/g, ' ')}]`);
}

const rawModuleSchema = z.looseObject({
  module: z.string(),
  configurations: z.array(z.looseObject({ name: z.string(), expect: z.record(z.string(), z.unknown()) })),
});
