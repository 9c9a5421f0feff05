import { z } from 'zod';
import { InvalidInputError } from '../../src/protocol/errors.ts';
import type { Participant } from '../../src/runtime/participant.ts';

/** What user code works with inside a transaction of `P`. */
export type HandleOf<P extends Participant> = P extends Participant<infer Handle> ? Handle : never;

/** What the store under test can be asked for, and how long it may take. */
export interface ConformanceLimits {
  /** No call of the participant takes longer than this, waits for its `timeoutMs` apart, in milliseconds; 10 s by default. */
  readonly callMs?: number;
  /** How many branches may be prepared at the same time, at least 8; 40 by default. */
  readonly preparedBranches?: number;
  /** The longest value that one branch writes, in bytes of UTF-8; 128 KiB by default. */
  readonly valueBytes?: number;
}

/**
 * A store as the conformance suite meets it. The suite makes stores and removes them again, one after the other; in each it
 * opens participants, lets them crash, and looks at what is left. A key is one place of the store: a row, an entry, a file.
 * The suite's keys are letters, digits and `-`; its values are any text without NUL.
 *
 * @typeParam P - the participant under test.
 * @typeParam Place - where a store is, as JSON: with {@link ParticipantFixture.module} another process is told.
 */
export interface ParticipantFixture<P extends Participant = Participant, Place = unknown> {
  /** What is tested, for the report. */
  readonly title: string;
  /** Makes a fresh, empty store, and tells where it is. */
  createStore(): Promise<Place>;
  /** A participant over the store, not opened yet; called again after each crash. */
  participant(place: Place): P;
  /** Writes inside a branch. */
  write(handle: HandleOf<P>, key: string, value: string): Promise<unknown>;
  /** What the branch sees. */
  read(handle: HandleOf<P>, key: string): Promise<string | undefined>;
  /** What is committed, without waiting for any branch. `participant` is open. */
  committed(participant: P, key: string, place: Place): Promise<string | undefined>;
  /** Removes the store; its participants are closed. Also called after a check that failed. */
  removeStore(place: Place): Promise<void>;
  /** Ends an open participant as abruptly as this process can, and lets another one open the store; `close` where it is absent. */
  abandon?(participant: P, place: Place): Promise<unknown>;
  /** `false` for a store that is lost with its process: what concerns a crash is not checked then, and the report says so. */
  readonly survivesCrash?: boolean;
  /**
   * `import.meta.url` of a module that exports this fixture under the name `fixture`. With it processes of their own work on the store,
   * and are killed with SIGKILL. They use `participant` and `write` alone.
   */
  readonly module?: string;
  /**
   * The directory that holds all files of a store which the participant itself writes, through `node:fs` or its `Environment`. With it, and
   * with `module`, power failures are checked too: whatever was not flushed when a process died is taken away.
   */
  directory?(place: Place): string;
  readonly limits?: ConformanceLimits;
}

const call = z.custom<(...values: never[]) => unknown>((value) => typeof value === 'function', 'must be a function');

const Fixture = z.strictObject({
  title: z.string().min(1),
  createStore: call,
  participant: call,
  write: call,
  read: call,
  committed: call,
  removeStore: call,
  abandon: call.optional(),
  survivesCrash: z.boolean().optional(),
  module: z.url({ protocol: /^file$/, error: 'must be a file: URL; give import.meta.url' }).optional(),
  directory: call.optional(),
  limits: z
    .strictObject({
      callMs: z.int().min(1).max(600_000).optional(),
      preparedBranches: z.int().min(8).max(10_000).optional(),
      valueBytes: z.int().min(16).max(1_000_000_000).optional(),
    })
    .optional(),
});

/**
 * Gives a fixture its types, and checks it.
 *
 * @throws InvalidInputError that names each field at fault.
 */
export function defineParticipantFixture<P extends Participant, Place>(
  fixture: ParticipantFixture<P, Place>,
): ParticipantFixture<P, Place> {
  assertFixture(fixture);
  return fixture;
}

/** @throws InvalidInputError that names each field at fault. */
export function assertFixture(value: unknown): asserts value is ParticipantFixture {
  const parsed = Fixture.safeParse(value);
  if (parsed.success) return;
  throw new InvalidInputError(`Invalid fixture of a participant:\n${z.prettifyError(parsed.error)}`, { cause: parsed.error });
}
