import { randomInt } from 'node:crypto';
import { contractChecks } from './checks/contract-checks.ts';
import { crashChecks } from './checks/crash-checks.ts';
import { idempotenceChecks } from './checks/idempotence-checks.ts';
import { loadChecks } from './checks/load-checks.ts';
import { randomChecks } from './checks/random-check.ts';
import { recoveryChecks } from './checks/recovery-checks.ts';
import { timingChecks } from './checks/timing-checks.ts';
import { type ConformanceCheck, type ConformanceGroup, type Guarantee, NotApplicableError, reasonToSkip } from './conformance-check.ts';
import { assertFixture, type ParticipantFixture } from './participant-fixture.ts';
import { type RandomSettings, StoreUnderTest } from './store-under-test.ts';

/** Every check, in the order in which they are made: the simplest first. */
export const conformanceChecks: readonly ConformanceCheck[] = [
  ...contractChecks,
  ...loadChecks,
  ...idempotenceChecks,
  ...recoveryChecks,
  ...timingChecks,
  ...randomChecks,
  ...crashChecks,
];

/** How a run goes. */
export interface ConformanceOptions {
  /** The groups to check; all by default. */
  readonly groups?: readonly ConformanceGroup[];
  /** Repeats the random checks; drawn anew by default, and told by whatever fails. */
  readonly seed?: number;
  /** Repeats one counterexample of the random check, together with `seed`. */
  readonly path?: string;
  /** Random sequences to try; 100 by default. */
  readonly runs?: number;
}

/** What one check came to. */
export type CheckOutcome =
  | { readonly status: 'passed' }
  | { readonly status: 'failed'; readonly error: string }
  | { readonly status: 'skipped'; readonly reason: string };

/** One line of a report. */
export type ConformanceResult = CheckOutcome & {
  readonly check: string;
  readonly group: ConformanceGroup;
  readonly guarantees: readonly Guarantee[];
  readonly elapsedMs: number;
};

/** What the suite says about one participant. */
export interface ConformanceReport {
  readonly title: string;
  /** Repeats what was random. */
  readonly seed: number;
  readonly results: readonly ConformanceResult[];
  /** Guarantees of which not every check could be made, with what stood in the way. */
  readonly unchecked: readonly { readonly guarantee: Guarantee; readonly reasons: readonly string[] }[];
}

const DEFAULT_RUNS = 100;

/** What the options leave open, decided. */
export function randomSettings({ seed, path, runs }: ConformanceOptions): RandomSettings {
  return { seed: seed ?? randomInt(2 ** 31 - 1), runs: runs ?? DEFAULT_RUNS, ...(path === undefined ? {} : { path }) };
}

/** One check on a fresh store. Rejects with what was found, or with NotApplicableError. */
export async function runCheck(check: ConformanceCheck, fixture: ParticipantFixture, random: RandomSettings): Promise<void> {
  await StoreUnderTest.use(fixture, random, (store) => check.run(store));
}

/**
 * Runs the conformance suite on a participant, one check after the other, each on a store of its own.
 *
 * @param options.signal - ends the run before the next check, with its reason.
 * @param options.onResult - called after each check; `remaining` are still to come.
 * @throws InvalidInputError where the fixture is wrong.
 */
export async function runParticipantConformance(
  fixture: ParticipantFixture,
  options: ConformanceOptions & {
    readonly signal?: AbortSignal;
    readonly onResult?: (result: ConformanceResult, remaining: number) => void;
  } = {},
): Promise<ConformanceReport> {
  assertFixture(fixture);
  const random = randomSettings(options);
  const checks = conformanceChecks.filter(({ group }) => options.groups?.includes(group) ?? true);
  const results: ConformanceResult[] = [];
  for (const check of checks) {
    options.signal?.throwIfAborted();
    const startedMs = performance.now();
    const outcome = await outcomeOf(check, fixture, random);
    const { name, group, guarantees } = check;
    const result = { check: name, group, guarantees, elapsedMs: performance.now() - startedMs, ...outcome };
    results.push(result);
    options.onResult?.(result, checks.length - results.length);
  }
  return { title: fixture.title, seed: random.seed, results, unchecked: uncheckedGuarantees(results) };
}

async function outcomeOf(check: ConformanceCheck, fixture: ParticipantFixture, random: RandomSettings): Promise<CheckOutcome> {
  const reason = reasonToSkip(check, fixture);
  if (reason !== undefined) return { status: 'skipped', reason };
  try {
    await runCheck(check, fixture, random);
    return { status: 'passed' };
  } catch (error) {
    if (error instanceof NotApplicableError) return { status: 'skipped', reason: error.message };
    return { status: 'failed', error: error instanceof Error ? error.message : String(error) };
  }
}

function uncheckedGuarantees(results: readonly ConformanceResult[]): ConformanceReport['unchecked'] {
  const reasons = new Map<Guarantee, Set<string>>();
  for (const result of results) {
    if (result.status !== 'skipped') continue;
    for (const guarantee of result.guarantees) reasons.set(guarantee, (reasons.get(guarantee) ?? new Set()).add(result.reason));
  }
  return [...reasons].map(([guarantee, found]) => ({ guarantee, reasons: [...found] })).sort((a, b) => a.guarantee - b.guarantee);
}

/** True when no check failed. */
export function isConformant({ results }: ConformanceReport): boolean {
  return results.every(({ status }) => status !== 'failed');
}
