import { NotApplicableError, reasonToSkip } from './conformance-check.ts';
import { assertFixture, type ParticipantFixture } from './participant-fixture.ts';
import { type ConformanceOptions, conformanceChecks, randomSettings, runCheck } from './run-conformance.ts';

/** The two functions of a test runner that the suite uses: those of `node:test`, Vitest and Jest fit. */
export interface TestRunner {
  /** Puts tests under a title. */
  readonly describe: (title: string, body: () => void) => unknown;
  /** Makes a test. */
  readonly it: {
    (title: string, body: (...values: unknown[]) => Promise<void>, timeoutMs?: number): unknown;
    /** Makes one that is not run, and counted as such. */
    readonly skip: (title: string, body: () => Promise<void>) => unknown;
  };
}

/** A check has many calls, and some start processes: what they may take together, in milliseconds. */
const CHECK_TIMEOUT_MS = 120_000;

/**
 * Makes a test of each check of the conformance suite. Those that the fixture has nothing for are skipped tests, with the reason
 * in their title. Where nothing else is asked, their random part is another one in each run; what fails names its seed.
 *
 * @throws InvalidInputError where the fixture is wrong.
 */
export function describeParticipantConformance(fixture: ParticipantFixture, runner: TestRunner, options: ConformanceOptions = {}): void {
  assertFixture(fixture);
  const random = randomSettings(options);
  runner.describe(`${fixture.title} conforms`, () => {
    for (const check of conformanceChecks) {
      if (!(options.groups?.includes(check.group) ?? true)) continue;
      const cited = check.guarantees.length === 0 ? '' : ` (${check.guarantees.join(', ')})`;
      const reason = reasonToSkip(check, fixture);
      if (reason === undefined)
        runner.it(
          `${check.group}: ${check.name}${cited}`,
          test(() => runCheck(check, fixture, random)),
          CHECK_TIMEOUT_MS,
        );
      else runner.it.skip(`${check.group}: ${check.name}${cited}: not checked, since ${reason}`, async () => undefined);
    }
  });
}

/** The runner's own way of skipping a test under way; one that has none counts it as passed. No parameter is declared: Jest would wait for a call of it. */
function test(run: () => Promise<void>): (...values: unknown[]) => Promise<void> {
  return async (...[context]) => {
    try {
      await run();
    } catch (error) {
      if (!(error instanceof NotApplicableError)) throw error;
      if (canSkip(context)) context.skip(error.message);
    }
  };
}

function canSkip(context: unknown): context is { skip(reason: string): void } {
  return typeof context === 'object' && context !== null && 'skip' in context && typeof context.skip === 'function';
}
