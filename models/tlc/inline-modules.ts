import { readFile } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { InvalidInputError } from '../../src/protocol/errors.ts';
import type { SpecLocation } from './check-result.ts';
import { flattenNext, withoutLeadingLet } from './flatten-next.ts';
import { misreadFormulas } from './implication-operands.ts';
import { inlineInstances } from './inline-instances.ts';
import { parseModelConfig, withOtherChecks } from './model-config.ts';
import { readSpecUnits, type SpecUnit } from './spec-units.ts';

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

/** Asked for where a configuration names no invariant: tla-checker would check what is called like one (`TypeOK`, `Inv...`). */
const noInvariant = 'NoInvariant';

/**
 * Puts a root module, the modules that it EXTENDS and the state predicates of its named instances (`A == INSTANCE M WITH
 * ...`) into one text. Temporal formulas and actions of instances, and the definitions that use them, are left out: they
 * serve refinement, which is TLC's to judge.
 * @throws InvalidInputError where a module is missing or an invariant needs what was left out.
 */
export async function inlineModules(rootPath: string, configPath: string): Promise<InlinedModel> {
  const text = await readSpecUnits(rootPath);
  const units = withNamedSteps(await inlineInstances(text, dirname(rootPath)));
  const configText = await readFile(configPath, 'utf8');
  const { invariants, properties } = parseModelConfig(configText);
  const substitutions = new Map([...configText.matchAll(/(\w+)\s*<-\s*(\w+)/g)].map(([, name = '', by = '']) => [name, by]));
  const omitted = omittedDefinitions(units);
  const needed = invariants.find((name) => omitted.has(name));
  if (needed !== undefined) {
    throw new InvalidInputError(
      `The invariant ${needed} uses an instance of another module that cannot be put in for tla-checker: check it with TLC.`,
    );
  }
  const out = new SourceText(basename(rootPath, '.tla'), [...text.standard]);
  for (const unit of units) out.addDeclaration(unit, substitutions);
  for (const unit of units) {
    const replaced = unit.name !== undefined && (omitted.has(unit.name) || substitutions.has(unit.name));
    if ((unit.kind !== 'definition' || replaced) && unit.kind !== 'assume') continue;
    refuseMisread(unit);
    out.add(unit);
  }
  for (const [name, by] of substitutions) out.addLine(`${name} == ${by}`);
  if (invariants.length === 0) out.addLine(`${noInvariant} == TRUE`);
  const config = withOtherChecks(configText.replace(/\w+\s*<-\s*\w+/g, ''), {
    invariants: invariants.length === 0 ? [noInvariant] : invariants,
    properties: [],
  });
  return { ...out.finish(), config, invariants, unjudged: properties };
}

/** The next-state relation is the one that the specification's formula names: `[][Next]_vars`. */
function withNamedSteps(units: readonly SpecUnit[]): SpecUnit[] {
  const definitions = new Map(units.map((unit) => [unit.kind === 'definition' ? unit.name : undefined, unit]));
  const relation = units
    .map(({ lines }) => /\[\]\[(\w+)\]_/.exec(lines.join(' '))?.[1])
    .find((name) => name !== undefined && definitions.has(name));
  const next = definitions.get(relation);
  const flat = next && flattenNext(next, definitions);
  if (flat === undefined) return [...units];
  return units.map((unit) => (unit === next ? flat.next : flat.actions.has(unit.name ?? '') ? withoutLeadingLet(unit) : unit));
}

/** A formula that tla-checker would judge wrongly and say nothing of it must not get there. */
function refuseMisread(unit: SpecUnit): void {
  const [formula] = misreadFormulas(unit);
  if (formula === undefined) return;
  throw new InvalidInputError(
    `${formula.module}.tla:${formula.line}: tla-checker would read this otherwise than TLA+ means it: ${formula.text}\nPut each operand of => and <=> that has /\\ or \\/ into parentheses, or check with TLC.`,
  );
}

/** Instances that could not be put in, what uses them (`A!Spec`), and what uses that. */
function omittedDefinitions(units: readonly SpecUnit[]): Set<string> {
  const omitted = new Set<string>();
  let before: number;
  do {
    before = omitted.size;
    for (const { kind, name, lines } of units) {
      if (kind !== 'definition' || name === undefined || omitted.has(name)) continue;
      const body = lines.join('\n').replace(/^[^=]*==/, '');
      const used = (body.match(/\w+/g) ?? []).some((word) => omitted.has(word));
      if (used || /^\s*INSTANCE\b|\w!\w/.test(body.replace(/"[^"]*"/g, ''))) omitted.add(name);
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
  addDeclaration(unit: SpecUnit, substitutions: ReadonlyMap<string, string>): void {
    if (unit.kind === 'variables') this.add(unit);
    if (unit.kind !== 'constants') return;
    const names = unit.lines
      .join(' ')
      .replace(/^CONSTANTS?/, '')
      .split(',');
    const kept = names.map((name) => name.trim()).filter((name) => name !== '' && !substitutions.has(name));
    if (kept.length > 0) this.addLine(`CONSTANTS ${kept.join(', ')}`);
  }

  add(unit: SpecUnit): void {
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
