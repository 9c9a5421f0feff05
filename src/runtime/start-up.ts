/** What happens before the first transaction: what the log and the stores left undecided is brought back to life. */
import { CrossboundError } from '../protocol/errors.ts';
import { type CoordinatorSnapshot, presumedAborted } from '../statecharts/coordinator.ts';
import { recoveredBranch } from '../statecharts/participant.ts';
import { textOf } from './abort-reasons.ts';
import type { Store } from './branch-driver.ts';
import type { CoordinatorDriver } from './coordinator-driver.ts';
import type { Surroundings } from './surroundings.ts';

/** Whoever was promised a commit must be there to be told: nobody is dropped silently. */
export function assertAllKnown(commits: ReadonlyMap<string, CoordinatorSnapshot>, stores: ReadonlyMap<string, Store>): void {
  const told = [...commits.values()].map(({ context }) => context.participants);
  const missing = new Set(told.flat().filter((name) => !stores.has(name)));
  if (missing.size === 0) return;
  const names = [...missing].map((name) => `"${name}"`).join(', ');
  const concerned = told.filter((participants) => participants.some((name) => missing.has(name))).length;
  throw new CrossboundError(
    'PARTICIPANT_MISSING',
    'terminal',
    `The decision log has ${concerned} committed transaction(s) that must still be told to ${names}, which the configuration does not have. Add it to participants again, at least until recovery is through.`,
  );
}

/** What recovery starts from. */
export interface Remains {
  /** False for the first owner of the log, before whom there was nobody to crash. */
  readonly hasPredecessor: boolean;
  /** What the log says is committed and not acknowledged by everyone. */
  readonly commits: ReadonlyMap<string, CoordinatorSnapshot>;
  /** What each store said is in doubt. */
  readonly inDoubt: ReadonlyMap<Store, readonly string[]>;
}

/**
 * Brings back to life what was left: each transaction with its branches, recorded as the recovery that the spec has. What
 * the log does not say was committed is presumed aborted. Then lets everyone in doubt ask, and tells every committed rest.
 */
export function recover(
  surroundings: Surroundings,
  remains: Remains,
  stores: ReadonlyMap<string, Store>,
  create: (snapshot: CoordinatorSnapshot) => CoordinatorDriver,
): void {
  const { commits, inDoubt, hasPredecessor } = remains;
  const drivers = new Map<string, CoordinatorDriver>();
  if (hasPredecessor) surroundings.record({ action: 'CrashCoordinator' });
  for (const [tx, snapshot] of commits) {
    drivers.set(tx, create(snapshot));
    surroundings.record({ tx, action: 'RecoverCoordinator', state: 'committed' });
  }
  if (hasPredecessor) surroundings.record({ action: 'RecoverCoordinator', state: 'forgotten' });
  for (const [store, transactions] of inDoubt) {
    const rm = store.participant.name;
    if (hasPredecessor) surroundings.record({ action: 'CrashParticipant', rm });
    for (const tx of transactions) {
      const driver = drivers.get(tx) ?? create(presumedAborted(tx));
      drivers.set(tx, driver);
      driver.addBranch(store, recoveredBranch(tx, rm, 'Prepared'));
      surroundings.record({ tx, action: 'RecoverParticipant', rm, state: 'prepared' });
    }
    if (hasPredecessor) surroundings.record({ action: 'RecoverParticipant', rm, state: 'unprepared' });
  }
  addFinishedBranches(commits, drivers, stores);
  for (const driver of drivers.values()) askOrTell(driver);
}

/** A store that is not in doubt about a committed transaction has committed it: it was prepared, durably, before the decision. */
function addFinishedBranches(
  commits: ReadonlyMap<string, CoordinatorSnapshot>,
  drivers: ReadonlyMap<string, CoordinatorDriver>,
  stores: ReadonlyMap<string, Store>,
): void {
  for (const [tx, { context }] of commits) {
    const driver = drivers.get(tx);
    const known = new Set(driver?.branches.map(({ participant }) => participant));
    for (const name of context.participants.filter((participant) => !known.has(participant))) {
      const store = stores.get(name);
      if (store) driver?.addBranch(store, recoveredBranch(tx, name, 'Committed'));
    }
  }
}

function askOrTell(driver: CoordinatorDriver): void {
  for (const branch of driver.branches) {
    if (branch.state === 'prepared') branch.dispatch({ type: 'VoteAgain' });
    else driver.dispatch({ type: 'Resend', participant: branch.participant });
  }
}

/** What is told when recovery takes longer than `timeouts.recoveryMs`. */
export function recoveryPending(drivers: readonly CoordinatorDriver[], recoveryMs: number): CrossboundError {
  const branches = drivers.flatMap((driver) => driver.branches);
  const stores = new Set(branches.filter(({ isSettled }) => !isSettled).map(({ participant }) => participant));
  const failure = branches.find((branch) => branch.failure !== undefined)?.failure;
  return new CrossboundError(
    'RECOVERY_PENDING',
    'retryable',
    `${drivers.length} transaction(s) of an earlier run are not finished after ${recoveryMs} ms (timeouts.recoveryMs), in ${[...stores].join(', ')}. Recovery goes on.${failure === undefined ? '' : ` Last error: ${textOf(failure.error)}`}`,
    failure === undefined ? undefined : { cause: failure.error },
  );
}
