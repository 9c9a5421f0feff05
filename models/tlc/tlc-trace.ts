import type { SpecLocation, Trace, TraceStep } from './check-result.ts';
import { StateParser } from './parse-tla-value.ts';

const location = /line (\d+), col(?:umn)? (\d+) to line \d+, col(?:umn)? \d+ (?:of module|in) (\w+)/i;
const stateHeader = /^(\d+): <(\w+) (line .*)>$/;
const backHeader = /^(\d+): Back to state(?:: <(\w+) )?/;

/** Finds `line 22, col 5 to line 25, col 50 of module M` in a line of TLC's. */
export function parseLocation(text: string): SpecLocation | undefined {
  const [, line, column, module] = location.exec(text) ?? [];
  return module === undefined ? undefined : { module, line: Number(line), column: Number(column) };
}

/** Collects the behaviour that TLC prints state by state. */
export class TraceReader {
  readonly #states = new StateParser();
  readonly #steps: TraceStep[] = [];
  #forever: Trace['forever'];

  get trace(): Trace {
    return { steps: this.#steps, ...(this.#forever === undefined ? {} : { forever: this.#forever }) };
  }

  /** A numbered state: `2: <Action line 22, ...>` or `1: <Initial predicate>`, then the variables. */
  step([header = '', ...state]: readonly string[]): void {
    const [, , action, where = ''] = stateHeader.exec(header) ?? [];
    this.#add(action, parseLocation(where), state);
  }

  /** The only state, after a line that says what is wrong with it. */
  initialState([, ...state]: readonly string[]): void {
    this.#add(undefined, undefined, state);
  }

  stuttering(): void {
    this.#forever = { kind: 'stuttering' };
  }

  /** `3: Back to state: <Action line 5, ...>` */
  backTo(text: string): void {
    const [, step, action] = backHeader.exec(text) ?? [];
    this.#forever = { kind: 'loop', backTo: Number(step), action };
  }

  #add(action: string | undefined, place: SpecLocation | undefined, state: readonly string[]): void {
    this.#steps.push({ number: this.#steps.length + 1, action, location: place, state: this.#states.parse(state.join('\n')) });
  }
}
