import { CrossboundError } from '../protocol/errors.ts';
import { withDeadline } from './deadline.ts';
import type { HeartbeatOptions } from './options.ts';
import type { Participant } from './participant.ts';
import { Periodic } from './periodic.ts';
import type { Presence } from './presence.ts';
import { askInDoubt } from './store-query.ts';
import type { Surroundings } from './surroundings.ts';

/** After a call that failed a participant is asked soon, and not as often as calls fail. */
const HINT_DELAY_MS = 100;

/** Questions that got no answer in time, and may still get one; more are not put before that. */
const MAX_HANGING = 3;

/** Asks one participant regularly whether it is there, and tells its {@link Presence}. */
export class Heartbeat {
  readonly #surroundings: Surroundings;
  readonly #participant: Participant;
  readonly #presence: Presence;
  readonly #timeoutMs: number;
  readonly #periodic: Periodic | undefined;
  #hanging = 0;

  /** @param options - false: never asks, and so never suspects. */
  constructor(surroundings: Surroundings, participant: Participant, presence: Presence, options: HeartbeatOptions | false) {
    this.#surroundings = surroundings;
    this.#participant = participant;
    this.#presence = presence;
    this.#timeoutMs = options === false ? 0 : options.timeoutMs;
    this.#periodic = options === false ? undefined : new Periodic(surroundings, options.intervalMs, () => this.#beat());
  }

  /** The participant is open. */
  start(): void {
    this.#periodic?.start();
  }

  /** A call to it has failed, which is a reason to ask and no more: it may have answered, and said no. */
  soon(): void {
    this.#periodic?.soon(HINT_DELAY_MS);
  }

  async #beat(): Promise<void> {
    try {
      if (this.#hanging >= MAX_HANGING) throw this.#late();
      await withDeadline(this.#surroundings.environment, this.#timeoutMs, this.#ask(), () => this.#late());
    } catch (error) {
      if (!this.#surroundings.stopped.aborted) this.#presence.missed(error);
    }
  }

  /** Also an answer that comes late is one. */
  async #ask(): Promise<void> {
    this.#hanging += 1;
    try {
      await (this.#participant.ping ? this.#participant.ping() : askInDoubt(this.#participant));
      this.#presence.answered();
    } finally {
      this.#hanging -= 1;
    }
  }

  #late(): CrossboundError {
    return new CrossboundError('ATTEMPT_LATE', 'retryable', `It did not answer within ${this.#timeoutMs} ms (heartbeat.timeoutMs).`);
  }
}
