import { InvalidInputError } from '../../src/protocol/errors.ts';
import { type InlinedModel, inlineModules } from './inline-modules.ts';
import type { TlaState } from './tla-value.ts';
import { wasmInitialStates, wasmInvariants, wasmSuccessors } from './wasm-engine.ts';
import { stateFromWasm, stateToWasm } from './wasm-value.ts';

/** One way to go on from a state. `action` is the innermost named definition that took the step. */
export interface Successor {
  readonly action: string;
  readonly state: TlaState;
}

/**
 * Steps a specification from any state, in this process (about 1 ms a step, since each call reads the specification
 * anew). The steps come from tla-checker, not from TLC: use it for configurations on which both were shown to agree.
 */
export class SpecStepper {
  readonly #model: InlinedModel;
  /** Names of the variables; a state must have exactly these. */
  readonly variables: readonly string[];
  readonly initialStates: readonly TlaState[];

  private constructor(model: InlinedModel, variables: readonly string[], initialStates: readonly TlaState[]) {
    this.#model = model;
    this.variables = variables;
    this.initialStates = initialStates;
  }

  /** @throws InvalidInputError where tla-checker does not take the specification. */
  static async open(rootPath: string, configPath: string): Promise<SpecStepper> {
    const model = await inlineModules(rootPath, configPath);
    const answer = wasmInitialStates(model.source, model.config);
    if (!answer.ok) throw new InvalidInputError(`tla-checker cannot step ${rootPath} with ${configPath}: ${answer.error}`);
    return new SpecStepper(
      model,
      answer.vars,
      answer.states.map(({ json }) => stateFromWasm(json)),
    );
  }

  /** Every step from `state`, those that change nothing included: they tell that an action is enabled. */
  successors(state: TlaState): Successor[] {
    const answer = wasmSuccessors(this.#model.source, this.#model.config, this.#json(state));
    if (!answer.ok) throw new InvalidInputError(`tla-checker cannot step from this state: ${answer.error}`);
    return answer.transitions.map(({ action, state: { json } }) => ({ action: action ?? 'Next', state: stateFromWasm(json) }));
  }

  /** The invariants of the configuration that are false in `state`. */
  violatedInvariants(state: TlaState): string[] {
    const answer = wasmInvariants(this.#model.source, this.#model.config, this.#json(state));
    if (!answer.ok) throw new InvalidInputError(`tla-checker cannot judge this state: ${answer.error}`);
    return answer.invariants
      .map(({ name, holds, error }) => {
        if (error !== undefined) throw new InvalidInputError(`tla-checker cannot evaluate ${name} in this state: ${error}`);
        return holds === true ? '' : name;
      })
      .filter((name) => name !== '');
  }

  #json(state: TlaState): string {
    const given = Object.keys(state);
    const wrong = this.variables.find((name) => !(name in state)) ?? given.find((name) => !this.variables.includes(name));
    if (wrong !== undefined) throw new InvalidInputError(`A state has exactly the variables ${this.variables.join(', ')}: see "${wrong}".`);
    return stateToWasm(state);
  }
}
