import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { InvalidInputError } from '../../src/protocol/errors.ts';
import type { SpecLocation } from './check-result.ts';
import { parseModelConfig, withOtherChecks } from './model-config.ts';

/** One module with everything in it, for a checker that takes a single text. */
export interface InlinedModel {
  readonly source: string;
  /** The configuration without substitutions (they are definitions in `source` now) and without PROPERTIES. */
  readonly config: string;
  readonly invariants: readonly string[];
  /** The PROPERTIES, which are TLC's to judge. */
  readonly unjudged: readonly string[];
  /** Names of the definitions of `source`, in order, each with its place in its own module. */
  readonly definitions: ReadonlyMap<string, SpecLocation>;
  /** Where a line of `source`, counted from 1, comes from. */
  place(line: number): SpecLocation | undefined;
}

/** A definition or declaration: whole lines that begin in column 1. */
interface Unit {
  readonly kind: 'definition' | 'constants' | 'variables' | 'assume' | 'instance' | 'skipped';
  readonly name: string | undefined;
  readonly lines: readonly string[];
  readonly module: string;
  readonly firstLine: number;
}

const standardModules = new Set(['Naturals', 'Integers', 'Reals', 'Sequences', 'FiniteSets', 'Bags', 'TLC', 'Randomization']);
/** Asked for where a configuration names no invariant: tla-checker would check what is called like one (`TypeOK`, `Inv...`). */
const noInvariant = 'NoInvariant';

/**
 * Puts a root module and the modules that it EXTENDS into one text. Named instances of user modules (`A == INSTANCE M WITH
 * ...`) and the definitions that use them are left out: they serve refinement, which is TLC's to judge. It relies on the
 * layout that all specs here have: every definition begins in column 1, its further lines do not.
 * @throws InvalidInputError where a module is missing or an invariant needs what was left out.
 */
export async function inlineModules(rootPath: string, configPath: string): Promise<InlinedModel> {
  const units: Unit[] = [];
  const standard = new Set<string>();
  await collectUnits(rootPath, units, standard, new Set());
  const configText = await readFile(configPath, 'utf8');
  const { invariants, properties } = parseModelConfig(configText);
  const substitutions = new Map([...configText.matchAll(/(\w+)\s*<-\s*(\w+)/g)].map(([, name = '', by = '']) => [name, by]));
  const omitted = omittedDefinitions(units);
  const needed = invariants.find((name) => omitted.has(name));
  if (needed !== undefined) {
    throw new InvalidInputError(
      `The invariant ${needed} uses an instance of another module, which tla-checker cannot read: check it with TLC.`,
    );
  }
  const out = new SourceText(basename(rootPath, '.tla'), [...standard]);
  for (const unit of units) out.addDeclaration(unit, substitutions);
  for (const unit of units) {
    const replaced = unit.name !== undefined && (omitted.has(unit.name) || substitutions.has(unit.name));
    if ((unit.kind === 'definition' && !replaced) || unit.kind === 'assume') out.add(unit);
  }
  for (const [name, by] of substitutions) out.addLine(`${name} == ${by}`);
  if (invariants.length === 0) out.addLine(`${noInvariant} == TRUE`);
  const config = withOtherChecks(configText.replace(/\w+\s*<-\s*\w+/g, ''), {
    invariants: invariants.length === 0 ? [noInvariant] : invariants,
    properties: [],
  });
  return { ...out.finish(), config, invariants, unjudged: properties };
}

async function collectUnits(path: string, units: Unit[], standard: Set<string>, seen: Set<string>): Promise<void> {
  if (seen.has(path)) return;
  seen.add(path);
  const lines = blankComments(await readFile(path, 'utf8')).split('\n');
  const text = lines.join('\n');
  for (const name of /^EXTENDS\s+([\w\s,]+?)(?=\n\S|\n\s*\n)/m.exec(text)?.[1]?.split(/[\s,]+/) ?? []) {
    const file = join(dirname(path), `${name}.tla`);
    if (existsSync(file)) await collectUnits(file, units, standard, seen);
    else if (standardModules.has(name)) standard.add(name);
    else throw new InvalidInputError(`${path}: it extends ${name}, but ${file} does not exist.`);
  }
  units.push(...splitUnits(lines, basename(path, '.tla')));
}

/** Comments become blanks, so that lines and columns stay what they are. */
function blankComments(text: string): string {
  return text.replace(/\(\*[\s\S]*?\*\)|\\\*.*$/gm, (comment) => comment.replace(/[^\n]/g, ' '));
}

function splitUnits(lines: readonly string[], module: string): Unit[] {
  const units: Unit[] = [];
  let open: { kind: Unit['kind']; name: string | undefined; lines: string[]; firstLine: number } | undefined;
  const close = (): void => {
    if (open !== undefined && open.kind !== 'skipped') units.push({ ...open, module });
  };
  for (const [index, line] of lines.entries()) {
    if (/^\S/.test(line)) {
      close();
      open = { ...classify(line), lines: [], firstLine: index + 1 };
    }
    open?.lines.push(line);
  }
  close();
  return units;
}

function classify(line: string): { kind: Unit['kind']; name: string | undefined } {
  if (/^CONSTANTS?\b/.test(line)) return { kind: 'constants', name: undefined };
  if (/^VARIABLES?\b/.test(line)) return { kind: 'variables', name: undefined };
  if (/^(ASSUME|RECURSIVE)\b/.test(line)) return { kind: 'assume', name: undefined };
  if (/^(EXTENDS|THEOREM|LEMMA|PROPOSITION|COROLLARY)\b|^(----|====)/.test(line)) return { kind: 'skipped', name: undefined };
  if (/^(LOCAL\s+)?INSTANCE\b/.test(line)) return { kind: 'instance', name: undefined };
  return { kind: 'definition', name: /^(?:LOCAL\s+)?(\w+)/.exec(line)?.[1] };
}

/** Named instances, and what uses them or is defined by what uses them. */
function omittedDefinitions(units: readonly Unit[]): Set<string> {
  const omitted = new Set<string>();
  let before: number;
  do {
    before = omitted.size;
    for (const { kind, name, lines } of units) {
      if (kind !== 'definition' || name === undefined || omitted.has(name)) continue;
      const body = lines.join('\n').replace(/^[^=]*==/, '');
      const used = (body.match(/\w+/g) ?? []).some((word) => omitted.has(word));
      if (used || /^\s*INSTANCE\b/.test(body)) omitted.add(name);
    }
  } while (omitted.size > before);
  return omitted;
}

class SourceText {
  readonly #lines: string[];
  readonly #places: (SpecLocation | undefined)[] = [undefined, undefined];
  readonly #definitions = new Map<string, SpecLocation>();

  constructor(name: string, standard: readonly string[]) {
    this.#lines = [`---- MODULE ${name} ----`, standard.length === 0 ? '' : `EXTENDS ${standard.join(', ')}`];
  }

  /** Declarations come first, without the constants that the configuration substitutes. */
  addDeclaration(unit: Unit, substitutions: ReadonlyMap<string, string>): void {
    if (unit.kind === 'variables') this.add(unit);
    if (unit.kind !== 'constants') return;
    const names = unit.lines
      .join(' ')
      .replace(/^CONSTANTS?/, '')
      .split(',');
    const kept = names.map((name) => name.trim()).filter((name) => name !== '' && !substitutions.has(name));
    if (kept.length > 0) this.addLine(`CONSTANTS ${kept.join(', ')}`);
  }

  add(unit: Unit): void {
    if (unit.name !== undefined) this.#definitions.set(unit.name, { module: unit.module, line: unit.firstLine, column: 1 });
    for (const [offset, line] of unit.lines.entries())
      this.addLine(line, { module: unit.module, line: unit.firstLine + offset, column: 1 });
  }

  addLine(line: string, place?: SpecLocation): void {
    this.#lines.push(line);
    this.#places.push(place);
  }

  finish(): Pick<InlinedModel, 'source' | 'definitions' | 'place'> {
    const places = this.#places;
    return { source: `${this.#lines.join('\n')}\n====\n`, definitions: this.#definitions, place: (line) => places[line - 1] };
  }
}
