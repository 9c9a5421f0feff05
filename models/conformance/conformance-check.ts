import type { ParticipantFixture } from './participant-fixture.ts';
import type { StoreUnderTest } from './store-under-test.ts';

/** What a check looks at. */
export type ConformanceGroup = 'contract' | 'recovery' | 'idempotence' | 'timing' | 'crash' | 'random';

/** What a fixture must offer for a check to be possible. */
export type ConformanceNeed = 'survivesCrash' | 'module' | 'directory';

/** A numbered guarantee of `Participant`. */
export type Guarantee = 1 | 2 | 3 | 4 | 5;

/** One situation that a participant is put into, and what must follow. */
export interface ConformanceCheck {
  /** The situation and what follows. */
  readonly name: string;
  readonly group: ConformanceGroup;
  /** The numbered guarantees of `Participant` that it checks; none where it checks what the methods themselves promise. */
  readonly guarantees: readonly Guarantee[];
  readonly needs?: readonly ConformanceNeed[];
  /** Rejects with a message that says what was found. The store is fresh, and its participant not open. */
  run(store: StoreUnderTest): Promise<void>;
}

/** Thrown by a check of something that the participant leaves out, as it may. */
export class NotApplicableError extends Error {
  override readonly name = 'NotApplicableError';
}

const whyNot: Readonly<Record<ConformanceNeed, string>> = {
  survivesCrash: 'the fixture says that nothing survives a crash (survivesCrash: false)',
  module: 'the fixture names no module that a process of its own could load (module: import.meta.url)',
  directory: 'the fixture names no directory whose files the participant writes itself (directory)',
};

/** Why `check` cannot be done with `fixture`; `undefined` where it can. */
export function reasonToSkip(check: ConformanceCheck, fixture: ParticipantFixture): string | undefined {
  const isOffered: Readonly<Record<ConformanceNeed, boolean>> = {
    survivesCrash: fixture.survivesCrash ?? true,
    module: fixture.module !== undefined,
    directory: fixture.directory !== undefined,
  };
  const missing = check.needs?.find((need) => !isOffered[need]);
  return missing === undefined ? undefined : whyNot[missing];
}
