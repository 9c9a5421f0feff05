import { FileDecisionLog } from '../log/file-decision-log.ts';
import { parseConfiguration } from './configuration.ts';
import type { Crossbound } from './crossbound.ts';
import { nodeEnvironment } from './node-environment.ts';
import type { CrossboundOptions } from './options.ts';
import { Surroundings } from './surroundings.ts';
import { TransactionManager } from './transaction-manager.ts';

/**
 * Starts a transaction manager: takes the decision log, opens the participants, and begins to recover what an earlier
 * process left undone. Resolves when all of that is known; `recovered` tells when it is finished.
 *
 * One manager a directory: while another process lives that has it, this rejects, so that recovery never decides
 * against a live coordinator.
 *
 * Spec: RecoverCoordinator, RecoverParticipant.
 *
 * @throws InvalidInputError - an option is wrong; the message names the field.
 * @throws LockedError - another live process has the directory.
 * @throws LogCorruptError - the log cannot be trusted.
 * @throws CrossboundError `LOG_OF_ANOTHER_COORDINATOR` (the directory is that of a manager with another `name`), `DECISION_LOG_MISSING` (the log is new, and
 * stores are in doubt about what an earlier one has decided), `PARTICIPANT_UNAVAILABLE` (a participant could not be opened within `timeouts.openMs`),
 * `PARTICIPANT_MISSING` (the log has promised a commit to one that is not configured), `RECOVERY_PENDING` (with `waitForRecovery`).
 */
export async function createCrossbound(options: CrossboundOptions): Promise<Crossbound> {
  const configuration = parseConfiguration(options);
  const environment = configuration.environment ?? nodeEnvironment();
  const log = configuration.log ?? new FileDecisionLog(environment, { directory: configuration.directory ?? '' });
  const manager = new TransactionManager(new Surroundings(environment, configuration), configuration, log);
  await manager.open();
  if (configuration.waitForRecovery) {
    try {
      await manager.recovered;
    } catch (error) {
      await manager.close();
      throw error;
    }
  }
  return manager;
}
