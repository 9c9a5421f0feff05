import type { SpecUnit } from './spec-units.ts';

/** A place where tla-checker 0.9 reads a formula otherwise than TLA+ means it. */
export interface MisreadFormula {
  readonly module: string;
  readonly line: number;
  readonly text: string;
}

interface Scope {
  /** Column of the bullets whose items are read, or `undefined` in brackets and bodies. */
  readonly bullet: number | undefined;
  readonly bracket: boolean;
  implied: boolean;
  disjunction: boolean;
}

const token = /"(?:[^"\\]|\\.)*"|<=>|=>|\/\\|\\\/|\\[A-Za-z]+|<<|>>|[([{)\]}]|\w+|[^\s\w]/g;
const opening = new Set(['(', '[', '{', '<<']);
const closing = new Set([')', ']', '}', '>>']);
/** After these a new formula begins: what is before cannot be an operand of what comes. */
const separators = new Set([',', 'THEN', 'ELSE', 'IN', 'LET', 'IF', 'CASE', 'OTHER', '->']);

/**
 * Finds what tla-checker 0.9 misreads in silence: it gives `=>` and `<=>` the same precedence as `/\`, so that `a => b /\ c`
 * becomes `(a => b) /\ c`, and `a \/ b => c` becomes `a \/ (b => c)`. Operands in parentheses, bulleted lists and bodies of
 * quantifiers are read correctly. The search rather reports too much than too little.
 */
export function misreadFormulas(unit: SpecUnit): MisreadFormula[] {
  const found: MisreadFormula[] = [];
  const scopes: Scope[] = [newScope(undefined, false)];
  let afterOperand = false;
  for (const [offset, line] of unit.lines.entries()) {
    let firstOnLine = true;
    for (const { 0: word, index: column } of line.matchAll(token)) {
      if (firstOnLine) leaveBullets(scopes, column, word);
      const bulleted: boolean = (word === '/\\' || word === '\\/') && (firstOnLine || !afterOperand);
      if (bulleted) scopes.push(newScope(column, false));
      else if (isMisread(scopes, word)) found.push({ module: unit.module, line: unit.firstLine + offset, text: line.trim() });
      afterOperand = !bulleted && (closing.has(word) || word === "'" || (/^["\w]/.test(word) && !separators.has(word)));
      firstOnLine = false;
    }
  }
  return found;
}

function newScope(bullet: number | undefined, bracket: boolean): Scope {
  return { bullet, bracket, implied: false, disjunction: false };
}

/** A line that begins left of, or at, a list's bullets ends its items. */
function leaveBullets(scopes: Scope[], column: number, word: string): void {
  for (let last = scopes.at(-1); last?.bullet !== undefined; last = scopes.at(-1)) {
    if (column > last.bullet) return;
    scopes.pop();
    if (column === last.bullet && (word === '/\\' || word === '\\/')) return;
  }
}

/** Follows one token through the scopes; true where it makes the formula one that is misread. */
function isMisread(scopes: Scope[], word: string): boolean {
  if (opening.has(word)) scopes.push(newScope(undefined, true));
  if (closing.has(word)) while (scopes.length > 1 && scopes.pop()?.bracket === false);
  const scope = scopes.at(-1);
  if (scope === undefined) return false;
  if (separators.has(word)) {
    scope.implied = false;
    scope.disjunction = false;
  }
  if (word === ':') scopes.push(newScope(undefined, false));
  if (word === '=>' || word === '<=>') {
    const misread = scope.disjunction || (scope.implied && word === '<=>');
    scope.implied = true;
    return misread;
  }
  if (word === '\\/') scope.disjunction = true;
  return scope.implied && (word === '/\\' || word === '\\/');
}
