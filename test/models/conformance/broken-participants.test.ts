/**
 * Method: participants with one deliberate bug each (broken-fixture.ts) are put to the checks that must find it. What the same checks say
 * of the participants that come with Crossbound is in test/participants/conformance.test.ts.
 */
import { describe, expect, it } from 'vitest';
import { conformanceChecks, runCheck } from '../../../models/conformance/run-conformance.ts';
import { defects, fixture } from './broken-fixture.ts';

const random = { seed: 1, runs: 100 };

describe('a participant that', () => {
  it.each(Object.entries(defects).flatMap(([defect, { caught }]) => caught.map((check) => ({ defect, check }))))(
    '$defect is found by $check',
    async ({ defect, check: name }) => {
      const check = conformanceChecks.find((candidate) => candidate.name === name);
      if (!check) throw new Error('there is no such check');
      const createStore = async () => ({ ...(await fixture.createStore()), defect });
      const found = await runCheck(check, { ...fixture, createStore }, random).catch((error: unknown) => error);
      expect(found).toBeInstanceOf(Error);
      // What a process died of by itself would prove nothing of what the check compares.
      expect(String(found)).not.toContain('ended by itself');
    },
  );
});

it('no check is without a bug that it finds', () => {
  const finding = new Set(Object.values(defects).flatMap(({ caught }) => caught));
  expect(conformanceChecks.map(({ name }) => name).filter((name) => !finding.has(name))).toEqual([]);
});
