import { InvalidInputError } from '../protocol/errors.ts';
import type { Participant } from './participant.ts';
import type { Surroundings } from './surroundings.ts';
import { untilDone } from './until-done.ts';

/**
 * Asks one store which of its branches are in doubt, for all those who want to know: one question at a time, however many
 * branches failed together.
 */
export class StoreQuery {
  readonly #surroundings: Surroundings;
  readonly #participant: Participant;
  /** The question that has not been put yet; whoever comes now shares it. */
  #next: Promise<readonly string[]> | undefined;
  #last: Promise<unknown> = Promise.resolve();

  constructor(surroundings: Surroundings, participant: Participant) {
    this.#surroundings = surroundings;
    this.#participant = participant;
  }

  /** An answer to a question that is put after this call, since an older one would be out of date. Repeats until there is one; rejects when the manager stops. */
  ask(): Promise<readonly string[]> {
    this.#next ??= this.#askAfter(this.#last);
    return this.#next;
  }

  async #askAfter(last: Promise<unknown>): Promise<readonly string[]> {
    await last;
    const answer = untilDone(this.#surroundings, `inDoubt of "${this.#participant.name}"`, () => {
      this.#next = undefined;
      return askInDoubt(this.#participant);
    });
    this.#last = answer.then(
      () => undefined,
      () => undefined,
    );
    return answer;
  }
}

/** @throws InvalidInputError where the participant answers with anything but a list of transactions. */
export async function askInDoubt(participant: Participant): Promise<readonly string[]> {
  const answer: unknown = await participant.inDoubt();
  if (Array.isArray(answer) && answer.every((transaction) => typeof transaction === 'string')) return answer;
  throw new InvalidInputError(`inDoubt of the participant "${participant.name}" must resolve with a list of transaction identifiers.`);
}
