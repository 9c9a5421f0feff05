import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { InvalidInputError } from '../../src/protocol/errors.ts';

/** A definition or declaration: whole lines that begin in column 1. */
export interface SpecUnit {
  readonly kind: 'definition' | 'constants' | 'variables' | 'assume' | 'instance' | 'skipped';
  readonly name: string | undefined;
  readonly lines: readonly string[];
  readonly module: string;
  readonly firstLine: number;
}

const standardModules = new Set(['Naturals', 'Integers', 'Reals', 'Sequences', 'FiniteSets', 'Bags', 'TLC', 'Randomization']);
/** What a module says, with what it extends. */
export interface SpecText {
  readonly units: SpecUnit[];
  /** The standard modules that it extends. */
  readonly standard: Set<string>;
}

/**
 * Reads a module and the user modules that it EXTENDS, those first. It relies on the layout that all specs here have: every
 * definition begins in column 1, its further lines do not.
 * @throws InvalidInputError where a module is missing.
 */
export async function readSpecUnits(path: string): Promise<SpecText> {
  const text: SpecText = { units: [], standard: new Set() };
  await collectUnits(path, text.units, text.standard, new Set());
  return text;
}

async function collectUnits(path: string, units: SpecUnit[], standard: Set<string>, seen: Set<string>): Promise<void> {
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

function splitUnits(lines: readonly string[], module: string): SpecUnit[] {
  const units: SpecUnit[] = [];
  let open: { kind: SpecUnit['kind']; name: string | undefined; lines: string[]; firstLine: number } | undefined;
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

function classify(line: string): { kind: SpecUnit['kind']; name: string | undefined } {
  if (/^CONSTANTS?\b/.test(line)) return { kind: 'constants', name: undefined };
  if (/^VARIABLES?\b/.test(line)) return { kind: 'variables', name: undefined };
  if (/^(ASSUME|RECURSIVE)\b/.test(line)) return { kind: 'assume', name: undefined };
  if (/^(EXTENDS|THEOREM|LEMMA|PROPOSITION|COROLLARY)\b|^(----|====)/.test(line)) return { kind: 'skipped', name: undefined };
  if (/^(LOCAL\s+)?INSTANCE\b/.test(line)) return { kind: 'instance', name: undefined };
  return { kind: 'definition', name: /^(?:LOCAL\s+)?(\w+)/.exec(line)?.[1] };
}
