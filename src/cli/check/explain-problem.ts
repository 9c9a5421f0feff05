import type { CheckResult, Verdict } from '../../../models/tlc/check-result.ts';
import type { SpecCheck } from '../../../models/tlc/spec-check.ts';
import { describePlace } from './describe-trace.ts';

/** What a check that could not be judged says to its user: what happened, where, and what to do. */
export function explainProblem(check: SpecCheck, result: CheckResult, verdict: Extract<Verdict, { kind: 'error' }>): string {
  const innermost = verdict.locations.at(-1);
  const place = innermost === undefined ? check.root : describePlace(innermost, check.specDirectory);
  const said = verdict.message.trim();
  switch (verdict.problem) {
    case 'syntax':
      return `${place}: syntax error: ${said}\nCorrect the module and check again.`;
    case 'semantics':
      return `${place}: ${said}\nCorrect the module and check again.`;
    case 'configuration':
      return `${check.config}: ${said}\nCorrect the configuration and check again.`;
    case 'evaluation':
      return `${place}: the specification could not be evaluated: ${said}\nThe steps above lead to the state in which it happened.`;
    case 'unsupported':
      return `${place}: ${said}`;
    case 'disk-full':
      return `The disk is full: ${result.checker.version} keeps the states that it found in ${process.env['TMPDIR'] ?? 'the temporary directory'}. Make room there, or set TMPDIR to a directory with room. Nothing of this run is left.`;
    case 'out-of-memory':
      return `Java ran out of memory: give it more with --heap <mebibytes>, or check a smaller configuration. (${said.split('\n')[0]})`;
    case 'crash':
      return `The checker ended without a verdict. Its last words:\n${said}`;
  }
}
