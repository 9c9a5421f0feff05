import { abstractTwoPhaseCommit, abstractTwoPhaseOptions } from './abstraction.ts';
import { optionsVocabulary, type Vocabulary, vocabulary } from './vocabulary.ts';
import type { Bounds, World } from './world.ts';

/** A spec whose state graphs are replayed against the code, and what it speaks of. */
export interface ReplayedSpec {
  /** Every action that it has: the explorer offers these to the code, and no others. */
  readonly vocabulary: Vocabulary;
  /** Whether a client that gets no answer because of a crash counts as told "unknown". */
  readonly crashAnswersUnknown: boolean;
  /** By variable, the canonical text of its value. */
  abstract(world: World, bounds: Bounds): Readonly<Record<string, string>>;
}

/** By module. */
export const replayedSpecs = {
  TwoPhaseCommit: { vocabulary, crashAnswersUnknown: false, abstract: abstractTwoPhaseCommit },
  TwoPhaseOptions: { vocabulary: optionsVocabulary, crashAnswersUnknown: true, abstract: abstractTwoPhaseOptions },
} as const satisfies Readonly<Record<string, ReplayedSpec>>;
/** The name of one of them. */
export type ReplayedModule = keyof typeof replayedSpecs;
