import { reasonToSkip } from './conformance-check.ts';
import { assertFixture, type ParticipantFixture } from './participant-fixture.ts';
import { type ConformanceOptions, conformanceChecks, randomSettings, runCheck } from './run-conformance.ts';

/** The two functions of a test runner that the suite uses: those of `node:test`, Vitest and Jest fit. */
export interface TestRunner {
  readonly describe: (title: string, body: () => void) => unknown;
  readonly it: {
    (title: string, body: () => Promise<void>, timeoutMs?: number): unknown;
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
        runner.it(`${check.group}: ${check.name}${cited}`, () => runCheck(check, fixture, random), CHECK_TIMEOUT_MS);
      else runner.it.skip(`${check.group}: ${check.name}${cited}: not checked, since ${reason}`, async () => undefined);
    }
  });
}
