import { decodeDecisionLog } from '../../src/log/decode-decision-log.ts';
import { decodeJournal } from '../../src/participants/key-value/recover-journal.ts';
import { presumedAborted } from '../../src/statecharts/coordinator.ts';
import { recoveredBranch } from '../../src/statecharts/participant.ts';
import { recoverBranches, recoverCoordinators } from '../../src/statecharts/recover.ts';
import { beginBranch, beginCoordinator, stepBranch, stepCoordinator } from '../../src/statecharts/step.ts';

/** The production code that replay runs. A code mutant replaces one member. */
export const production = {
  beginCoordinator,
  stepCoordinator,
  presumedAborted,
  decodeDecisionLog,
  recoverCoordinators,
  beginBranch,
  stepBranch,
  recoveredBranch,
  decodeJournal,
  recoverBranches,
};

export type Implementation = typeof production;
