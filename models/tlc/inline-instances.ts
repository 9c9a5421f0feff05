import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { readSpecUnits, type SpecText, type SpecUnit } from './spec-units.ts';

const instance = /^(\w+)\s*==\s*INSTANCE\s+(\w+)(?:\s+WITH\s+([\s\S]*))?$/;

/**
 * Replaces each named instance of a user module, `A == INSTANCE M WITH v <- e`, by the state predicates of M: its
 * definition D becomes `A_D` with `A_v` for v, `A_v == e`, and `A!D` becomes `A_D` where it is used. Definitions of M with a
 * prime or a temporal operator are not put in; who uses them keeps `A!D`. An instance with parameters stays as it is.
 */
export async function inlineInstances(text: SpecText, directory: string): Promise<SpecUnit[]> {
  const out: SpecUnit[] = [];
  const known = new Set<string>();
  for (const unit of text.units) {
    const [, alias, module, clause = ''] = instance.exec(unit.lines.join('\n').trim()) ?? [];
    const path = join(directory, `${module}.tla`);
    if (alias === undefined || module === undefined || !existsSync(path)) {
      out.push(withKnownReferences(unit, known));
      continue;
    }
    const inner = await readSpecUnits(path);
    for (const name of inner.standard) text.standard.add(name);
    const put = instantiate(alias, inner.units, substitutionsOf(clause), unit);
    for (const { name } of put) if (name !== undefined) known.add(name.replace(`${alias}_`, `${alias}!`));
    out.push(...put);
  }
  return out;
}

/** `v <- e, w <- f`: an expression ends where the next substitution begins. */
function substitutionsOf(clause: string): Map<string, string> {
  const parts = clause.split(/(?:^|,)\s*(\w+)\s*<-/);
  const substitutions = new Map<string, string>();
  for (let index = 1; index < parts.length; index += 2)
    substitutions.set(parts[index] ?? '', (parts[index + 1] ?? '').replace(/\s+/g, ' ').trim());
  return substitutions;
}

function instantiate(alias: string, units: readonly SpecUnit[], substitutions: ReadonlyMap<string, string>, at: SpecUnit): SpecUnit[] {
  const predicates = statePredicates(units);
  const renamed = new Set([...predicates.map(({ name }) => name ?? ''), ...substitutions.keys()]);
  const given = [...substitutions].map(
    ([name, expression]): SpecUnit => ({ ...at, name: `${alias}_${name}`, lines: [`${alias}_${name} == ${expression}`] }),
  );
  const put = predicates.map(
    (unit): SpecUnit => ({ ...unit, name: `${alias}_${unit.name}`, lines: unit.lines.map((line) => renameIn(line, alias, renamed)) }),
  );
  return [...given, ...put];
}

/** The definitions that speak about one state only, and use no others. */
function statePredicates(units: readonly SpecUnit[]): SpecUnit[] {
  const definitions = units.filter(({ kind }) => kind === 'definition');
  const excluded = new Set(
    definitions
      .filter(({ lines }) => /'|\[\]|<>|~>|\b[WS]F_|\bUNCHANGED\b|\bINSTANCE\b/.test(withoutStrings(lines.join('\n'))))
      .map(({ name }) => name),
  );
  let before: number;
  do {
    before = excluded.size;
    for (const { name, lines } of definitions) {
      if (
        lines
          .join('\n')
          .replace(/^[^=]*==/, '')
          .match(/\w+/g)
          ?.some((word) => excluded.has(word))
      )
        excluded.add(name);
    }
  } while (excluded.size > before);
  return definitions.filter(({ name }) => !excluded.has(name));
}

/** Renames whole words, but not in strings, record fields (`f |-> 1`) and selections (`r.f`). */
function renameIn(line: string, alias: string, names: ReadonlySet<string>): string {
  return line.replace(/"(?:[^"\\]|\\.)*"|(?<![\w.])\w+(?!\w|\s*\|->)/g, (word) => (names.has(word) ? `${alias}_${word}` : word));
}

function withKnownReferences(unit: SpecUnit, known: ReadonlySet<string>): SpecUnit {
  const lines = unit.lines.map((line) =>
    line.replace(/(\w+)!(\w+)/g, (reference, alias: string, name: string) => (known.has(reference) ? `${alias}_${name}` : reference)),
  );
  return { ...unit, lines };
}

function withoutStrings(text: string): string {
  return text.replace(/"(?:[^"\\]|\\.)*"/g, '""');
}
