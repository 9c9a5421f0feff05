import type { CheckResult } from './check-result.ts';
import type { Configuration } from './manifest.ts';
import type { SpecCheck } from './spec-check.ts';

/** How a result compares with what was expected of it. */
export interface Judgement {
  /** `unable` where the checker could not judge at all. */
  readonly outcome: 'passed' | 'failed' | 'unable';
  /** What was found, in a few words: `holds`, `rejected by Consistency`, `violates Consistency`. */
  readonly summary: string;
  /** One line for each difference, each with what was expected and what was found. */
  readonly differences: readonly string[];
}

/** What a result means for its check. @param workers how many TLC used: only with one the depth is the same each time */
export function judgeCheck(check: SpecCheck, result: CheckResult, workers: number): Judgement {
  const found = describeVerdict(result);
  if (result.verdict.kind === 'error') return { outcome: 'unable', summary: found, differences: [] };
  if (check.kind === 'mutant') return judgeRejection(result, check.mutant.rejectedBy);
  if (check.kind === 'situation') {
    const reached = result.verdict.kind === 'violation';
    const differences = reached ? [] : [`expected a state in which ${check.situation.predicate} is true, found none (${found})`];
    return { outcome: reached ? 'passed' : 'failed', summary: reached ? 'reachable' : 'not reachable', differences };
  }
  return judgeConfiguration(check.configuration, result, workers);
}

function judgeRejection(result: CheckResult, rejectedBy: string): Judgement {
  const name = violatedName(result);
  if (name === rejectedBy) return { outcome: 'passed', summary: `rejected by ${name}`, differences: [] };
  const found = describeVerdict(result);
  return {
    outcome: 'failed',
    summary: name === undefined ? 'survives' : found,
    differences: [`expected ${rejectedBy} to reject it, found that it ${found}`],
  };
}

function judgeConfiguration(configuration: Configuration | undefined, result: CheckResult, workers: number): Judgement {
  const found = describeVerdict(result);
  const expected = configuration?.expect ?? { result: 'holds' as const };
  if (expected.result === 'violates') {
    if (violatedName(result) === expected.property) return { outcome: 'passed', summary: found, differences: [] };
    return { outcome: 'failed', summary: found, differences: [`expected that it violates ${expected.property}, found that it ${found}`] };
  }
  if (result.verdict.kind !== 'holds') return { outcome: 'failed', summary: found, differences: [] };
  const differences =
    configuration === undefined
      ? []
      : [...figureDifferences(configuration, result, workers), ...neverTakenDifferences(configuration, result)];
  return { outcome: differences.length === 0 ? 'passed' : 'failed', summary: differences.length === 0 ? found : 'differs', differences };
}

function figureDifferences(configuration: Configuration, result: CheckResult, workers: number): string[] {
  if (configuration.expect.result !== 'holds') return [];
  const { figures } = configuration.expect;
  if (figures === undefined) {
    return [
      `its figures are not pinned yet (found generated ${result.generated}, distinct ${result.distinct}, depth ${result.depth}): run again with --pin`,
    ];
  }
  const compared = [
    { name: 'states generated', expected: figures.generated, found: result.generated },
    { name: 'distinct states', expected: figures.distinct, found: result.distinct },
    ...(workers === 1 ? [{ name: 'depth', expected: figures.depth, found: result.depth }] : []),
  ];
  return compared
    .filter(({ expected, found }) => found !== undefined && found !== expected)
    .map(({ name, expected, found }) => `${name}: expected ${expected}, found ${found}`);
}

function neverTakenDifferences(configuration: Configuration, { actions }: CheckResult): string[] {
  if (configuration.expect.result !== 'holds' || configuration.expect.neverTaken === undefined || actions === undefined) return [];
  const expected = new Set(configuration.expect.neverTaken);
  // An action that appears in several places of Next is taken where any of them is.
  const taken = new Set(actions.filter(({ total }) => total > 0).map(({ action }) => action));
  const known = new Set(actions.map(({ action }) => action));
  return [
    ...[...known].filter((action) => !taken.has(action) && !expected.has(action)).map((action) => `the action ${action} is never taken`),
    ...[...expected].filter((action) => taken.has(action)).map((action) => `the action ${action} is taken, expected never`),
    ...[...expected]
      .filter((action) => !known.has(action))
      .map((action) => `there is no action ${action}, expected one that is never taken`),
  ];
}

function violatedName({ verdict }: CheckResult): string | undefined {
  if (verdict.kind === 'deadlock') return 'deadlock';
  return verdict.kind === 'violation' ? (verdict.property.name ?? 'a property that the checker does not name') : undefined;
}

function describeVerdict(result: CheckResult): string {
  const { verdict } = result;
  switch (verdict.kind) {
    case 'holds':
      return 'holds';
    case 'deadlock':
      return 'reaches a deadlock';
    case 'violation':
      return `violates ${violatedName(result)}`;
    case 'error':
      return `error: ${verdict.problem}`;
  }
}
