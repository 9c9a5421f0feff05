import assert from 'node:assert/strict';
import { PrepareRefusedError } from '../../src/protocol/errors.ts';
import { nodeEnvironment } from '../../src/runtime/node-environment.ts';
import type { EnlistOptions, Participant } from '../../src/runtime/participant.ts';
import type { ParticipantFixture } from './participant-fixture.ts';
import { LateCallError, watched, within } from './watched-participant.ts';

/** Whose branches the checks make, where they do not say otherwise. */
export const COORDINATOR = 'conformance';

/** For waits that should not end by themselves, in milliseconds. */
export const PATIENT_MS = 60_000;
/** For waits that should end by themselves soon, in milliseconds. */
export const IMPATIENT_MS = 100;

const DEFAULT_CALL_MS = 10_000;
const DEFAULT_PREPARED_BRANCHES = 40;
const DEFAULT_VALUE_BYTES = 128 * 1024;

/** Repeats the random part of a run. */
export interface RandomSettings {
  readonly seed: number;
  /** fast-check's path to one counterexample. */
  readonly path?: string;
  /** Random sequences that are tried. */
  readonly runs: number;
}

/** One fresh store and the participant that is open on it, for one check. Every call has a deadline. */
export class StoreUnderTest {
  readonly fixture: ParticipantFixture;
  readonly place: unknown;
  readonly random: RandomSettings;
  readonly callMs: number;
  readonly preparedBranches: number;
  readonly valueBytes: number;
  #current: Participant | undefined;
  readonly #open = new Set<Participant>();
  #lastTransaction = 0;

  private constructor(fixture: ParticipantFixture, place: unknown, random: RandomSettings) {
    this.fixture = fixture;
    this.place = place;
    this.random = random;
    const { callMs, preparedBranches, valueBytes } = fixture.limits ?? {};
    this.callMs = callMs ?? DEFAULT_CALL_MS;
    this.preparedBranches = preparedBranches ?? DEFAULT_PREPARED_BRANCHES;
    this.valueBytes = valueBytes ?? DEFAULT_VALUE_BYTES;
  }

  /** Makes a fresh store for `work` and removes it again. That it could not be removed counts only where the work went well. */
  static async use<Result>(
    fixture: ParticipantFixture,
    random: RandomSettings,
    work: (store: StoreUnderTest) => Promise<Result>,
  ): Promise<Result> {
    const store = new StoreUnderTest(fixture, await fixture.createStore(), random);
    let result: Result;
    try {
      result = await work(store);
    } catch (error) {
      await store.#dispose().catch(() => undefined);
      throw error;
    }
    await store.#dispose();
    return result;
  }

  /** Opens another participant on the store; it becomes the one that {@link committed} is asked of. */
  async open(coordinator = COORDINATOR): Promise<Participant> {
    const participant = this.fixture.participant(this.place);
    const opened = watched(participant, this.callMs);
    await opened.open({ coordinator, environment: nodeEnvironment() });
    this.#open.add(participant);
    this.#current = participant;
    const close = () => {
      this.#open.delete(participant);
      return opened.close();
    };
    return { ...opened, close };
  }

  /** Ends the participant that was opened last, as abruptly as the fixture can, and opens a new one over what survived. */
  async restart(coordinator = COORDINATOR): Promise<Participant> {
    await this.abandon();
    return this.open(coordinator);
  }

  /** The first half of a restart. */
  async abandon(): Promise<void> {
    const participant = this.#opened();
    this.#current = undefined;
    if (!this.#open.delete(participant)) return;
    const ended = this.fixture.abandon ? this.fixture.abandon(participant, this.place) : participant.close();
    await within(this.callMs, 'the end of the participant before a restart', Promise.resolve(ended));
  }

  get isOpen(): boolean {
    return this.#current !== undefined;
  }

  newTransaction(): string {
    this.#lastTransaction += 1;
    return `t-${process.pid}-${this.#lastTransaction}`;
  }

  enlist(participant: Participant, transaction: string, options: Partial<EnlistOptions> = {}): Promise<unknown> {
    return participant.enlist(transaction, { timeoutMs: this.callMs, signal: new AbortController().signal, ...options });
  }

  /** A write with the deadline of every call, and on top of it what it may wait by itself. */
  async write(handle: unknown, key: string, value: string, mayWaitMs = 0): Promise<void> {
    await within(this.callMs + mayWaitMs, `write of "${key}"`, this.fixture.write(handle, key, value));
  }

  async read(handle: unknown, key: string): Promise<string | undefined> {
    return within(this.callMs * 2, `read of "${key}"`, this.fixture.read(handle, key));
  }

  /** A branch that has written, and is not prepared. */
  async working(participant: Participant, entries: Readonly<Record<string, string>>, transaction = this.newTransaction()): Promise<string> {
    const handle = await this.enlist(participant, transaction);
    for (const [key, value] of Object.entries(entries)) await this.write(handle, key, value);
    return transaction;
  }

  /** A branch that has written, and is prepared. */
  async prepared(participant: Participant, entries: Readonly<Record<string, string>>, transaction?: string): Promise<string> {
    const working = await this.working(participant, entries, transaction);
    await participant.prepare(working);
    return working;
  }

  async committed(key: string): Promise<string | undefined> {
    return within(this.callMs, `committed("${key}")`, this.fixture.committed(this.#opened(), key, this.place));
  }

  /** Compares what is committed; `undefined` stands for a key that is not there. */
  async expectCommitted(expected: Readonly<Record<string, string | undefined>>, when: string): Promise<void> {
    const found: Record<string, string | undefined> = {};
    for (const key of Object.keys(expected)) found[key] = await this.committed(key);
    for (const [key, value] of Object.entries(expected)) {
      assert.ok(found[key] === value, `${when}, the committed value of "${key}" must be ${shown(value)}, and is ${shown(found[key])}`);
    }
  }

  /** Closes what is open and removes the store; the first failure is thrown when all is done. */
  async #dispose(): Promise<void> {
    const closings = [...this.#open].map((participant) => within(this.callMs, 'close', participant.close()));
    const results = await Promise.allSettled(closings);
    await this.fixture.removeStore(this.place);
    const failed = results.find((result) => result.status === 'rejected');
    if (failed) throw failed.reason;
  }

  #opened(): Participant {
    if (this.#current === undefined) throw new Error('no participant is open on the store');
    return this.#current;
  }
}

/** Compares `inDoubt`, in any order. */
export async function expectInDoubt(participant: Participant, expected: readonly string[], when: string): Promise<void> {
  const found = [...(await participant.inDoubt())].sort();
  const wanted = [...expected].sort();
  assert.ok(
    found.length === wanted.length && found.every((transaction, index) => transaction === wanted[index]),
    `${when}, inDoubt must name ${listed(wanted)}, and names ${listed(found)}`,
  );
}

/** A `prepare` that must be a definite no. */
export async function expectRefused(participant: Participant, transaction: string, of: string): Promise<void> {
  const error = await rejectionOf(participant.prepare(transaction));
  assert.ok(error !== undefined, `prepare of ${of} must reject with PrepareRefusedError, and resolved`);
  assert.ok(
    error.reason instanceof PrepareRefusedError,
    `prepare of ${of} must reject with PrepareRefusedError, and rejected with ${String(error.reason)}`,
  );
}

/** Whatever a repeated `prepare` of a prepared branch comes to, it is no definite no. */
export async function expectNoRefusal(preparing: Promise<void>): Promise<void> {
  const reason = (await rejectionOf(preparing))?.reason;
  assert.ok(
    !(reason instanceof PrepareRefusedError),
    `PrepareRefusedError says that nothing of the branch remains, and it is prepared: ${String(reason)}`,
  );
}

/** What a promise rejects with; `undefined` where it resolves. That it was late is no answer, and rejects here too. */
export async function rejectionOf(work: Promise<unknown>): Promise<{ readonly reason: unknown } | undefined> {
  return work.then(
    () => undefined,
    (reason: unknown) => {
      if (reason instanceof LateCallError) throw reason;
      return { reason };
    },
  );
}

function listed(transactions: readonly string[]): string {
  return transactions.length === 0 ? 'nothing' : transactions.join(', ');
}

const SHOWN_LENGTH = 40;

function shown(value: string | undefined): string {
  if (value === undefined) return 'missing';
  return value.length <= SHOWN_LENGTH ? JSON.stringify(value) : `${JSON.stringify(value.slice(0, SHOWN_LENGTH))}... (${value.length} long)`;
}
