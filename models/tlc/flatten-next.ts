import type { SpecUnit } from './spec-units.ts';

/** The next-state relation in a form in which each step has its action's name. */
export interface FlatNext {
  readonly next: SpecUnit;
  /** Names of the actions. */
  readonly actions: ReadonlySet<string>;
}

/** One way to step: `\E t \in Tx : \E r \in RM : ReceiveYes(t, r)`. */
interface Step {
  readonly quantifiers: readonly string[];
  readonly call: string;
}

interface Token {
  readonly text: string;
  readonly column: number;
  readonly firstOnLine: boolean;
}

const token = /"(?:[^"\\]|\\.)*"|\\[A-Za-z]+|\/\\|\\\/|<<|>>|\w+|[^\s\w]/g;
const brackets: Readonly<Record<string, number>> = { '(': 1, '[': 1, '{': 1, '<<': 1, ')': -1, ']': -1, '}': -1, '>>': -1 };

/**
 * Writes the next-state relation as one flat disjunction of actions under their quantifiers, by putting in definitions such
 * as `CoordinatorNext` that only collect others. The steps are the same; but tla-checker names a step only where it is a
 * single action under quantifiers, and would call every step of a collection by the collection's name.
 * @returns `undefined` where the relation is not built that way.
 */
export function flattenNext(next: SpecUnit, definitions: ReadonlyMap<string | undefined, SpecUnit>): FlatNext | undefined {
  const steps = stepsOf(next, definitions, new Set());
  if (steps === undefined) return undefined;
  const lines = steps.map(({ quantifiers, call }) => `    \\/ ${[...quantifiers, call].join(' : ')}`);
  const actions = new Set(steps.map(({ call }) => call.replace(/\W.*$/, '')));
  return { next: { ...next, lines: [`${next.name} ==`, ...lines] }, actions };
}

/** The same action as a conjunction, since tla-checker gives no name to one that begins with LET. */
export function withoutLeadingLet(action: SpecUnit): SpecUnit {
  const [head = '', first = '', ...rest] = action.lines;
  if (!/==\s*$/.test(head) || !/^\s*LET\b/.test(first)) return action;
  const always = 'TRUE /\\ ';
  return { ...action, lines: [head, first.replace('LET', `${always}LET`), ...rest.map((line) => ' '.repeat(always.length) + line)] };
}

function stepsOf(unit: SpecUnit, definitions: ReadonlyMap<string | undefined, SpecUnit>, above: ReadonlySet<string>): Step[] | undefined {
  if (unit.name === undefined || above.has(unit.name) || !/^\w+\s*==/.test(unit.lines[0] ?? '')) return undefined;
  const collected = new DisjunctionReader(unit.lines).read();
  const path = new Set([...above, unit.name]);
  return collected?.flatMap((step) => {
    const inner = definitions.get(step.call);
    const innerSteps = inner === undefined ? undefined : stepsOf(inner, definitions, path);
    return (innerSteps ?? [{ quantifiers: [], call: step.call }]).map(({ quantifiers, call }) => ({
      quantifiers: [...step.quantifiers, ...quantifiers],
      call,
    }));
  });
}

/** Reads disjunctions, in lines or bulleted, of quantified calls; gives up at anything else. */
class DisjunctionReader {
  readonly #tokens: Token[] = [];
  #at = 0;

  constructor(lines: readonly string[]) {
    for (const [index, line] of lines.entries()) {
      const shown = index === 0 ? line.replace(/^\w+\s*==/, (head) => ' '.repeat(head.length)) : line;
      let firstOnLine = true;
      for (const { 0: text, index: column } of shown.matchAll(token)) {
        this.#tokens.push({ text, column, firstOnLine });
        firstOnLine = false;
      }
    }
  }

  read(): Step[] | undefined {
    const steps = this.#disjunction(-1);
    return this.#at === this.#tokens.length ? steps : undefined;
  }

  /** @param limit a line that begins at this column, or left of it, is no longer part of the formula */
  #disjunction(limit: number): Step[] | undefined {
    const first = this.#peek(limit);
    if (first?.text !== '\\/') return this.#chain(limit);
    const steps: Step[] = [];
    for (let bullet = this.#peek(limit); bullet?.text === '\\/' && bullet.column === first.column; bullet = this.#peek(limit)) {
      this.#at += 1;
      const item = this.#disjunction(bullet.column);
      if (item === undefined) return undefined;
      steps.push(...item);
    }
    return steps;
  }

  #chain(limit: number): Step[] | undefined {
    const steps = this.#item(limit);
    while (steps !== undefined && this.#peek(limit)?.text === '\\/') {
      this.#at += 1;
      const item = this.#item(limit);
      if (item === undefined) return undefined;
      steps.push(...item);
    }
    return steps;
  }

  #item(limit: number): Step[] | undefined {
    const next = this.#peek(limit);
    if (next === undefined) return undefined;
    if (next.text === '\\E') return this.#quantified(limit);
    if (!/^[A-Za-z]\w*$/.test(next.text)) return undefined;
    this.#at += 1;
    const parameters = this.#peek(limit)?.text === '(' ? this.#until(limit, ')') : '';
    const after = this.#peek(limit)?.text;
    return after === undefined || after === '\\/' ? [{ quantifiers: [], call: `${next.text}${parameters}` }] : undefined;
  }

  #quantified(limit: number): Step[] | undefined {
    const bound = this.#until(limit, ':').replace(/\s*:$/, '');
    const steps = this.#disjunction(limit);
    return steps?.map(({ quantifiers, call }) => ({ quantifiers: [bound, ...quantifiers], call }));
  }

  /** The text up to the closing token, outside brackets opened on the way. */
  #until(limit: number, closing: string): string {
    const words: string[] = [];
    let depth = 0;
    for (let next = this.#peek(limit); next !== undefined; next = this.#peek(limit)) {
      this.#at += 1;
      words.push(next.text);
      depth += brackets[next.text] ?? 0;
      if (depth === 0 && next.text === closing) break;
    }
    return words.join(' ');
  }

  #peek(limit: number): Token | undefined {
    const next = this.#tokens[this.#at];
    return next === undefined || (next.firstOnLine && next.column <= limit) ? undefined : next;
  }
}
