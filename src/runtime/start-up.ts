/** What happens before the first transaction: what the log and the stores left undecided is brought back to life. */
import { CrossboundError } from '../protocol/errors.ts';
import { type CoordinatorSnapshot, presumedAborted } from '../statecharts/coordinator.ts';
import { recoveredBranch } from '../statecharts/participant.ts';
import type { BranchDriver, Store } from './branch-driver.ts';
import type { CoordinatorDriver } from './coordinator-driver.ts';
import type { Surroundings } from './surroundings.ts';
import { textOf } from './text-of.ts';

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
  /** What each store said is in doubt; of those that have not been opened nothing is known. */
  readonly inDoubt: ReadonlyMap<Store, readonly string[]>;
}

/** Who drives the transactions that are brought back to life. */
export interface Revival {
  get(transaction: string): CoordinatorDriver | undefined;
  create(snapshot: CoordinatorSnapshot): CoordinatorDriver;
}

/**
 * Brings back to life what was left: each transaction with its branches, recorded as the recovery that the spec has. What
 * the log does not say was committed is presumed aborted. Then lets everyone in doubt ask, and tells every committed rest.
 *
 * A store that has not been opened stays crashed until {@link recoverStore}; until then no commit that it takes part in can end.
 */
export function recover(surroundings: Surroundings, remains: Remains, stores: Iterable<Store>, revival: Revival): void {
  const { commits, inDoubt, hasPredecessor } = remains;
  if (hasPredecessor) surroundings.record({ action: 'CrashCoordinator' });
  for (const [tx, snapshot] of commits) {
    revival.create(snapshot);
    surroundings.record({ tx, action: 'RecoverCoordinator', state: 'committed' });
  }
  if (hasPredecessor) {
    surroundings.record({ action: 'RecoverCoordinator', state: 'forgotten' });
    for (const { participant } of stores) surroundings.record({ action: 'CrashParticipant', rm: participant.name });
  }
  const revived = [...inDoubt].flatMap(([store, transactions]) => reviveBranches(surroundings, remains, store, transactions, revival));
  for (const { driver, branch } of revived) askOrTell(driver, branch);
}

/** The same for one store that could not be opened at start. */
export function recoverStore(
  surroundings: Surroundings,
  remains: Remains,
  store: Store,
  transactions: readonly string[],
  revival: Revival,
): void {
  for (const { driver, branch } of reviveBranches(surroundings, remains, store, transactions, revival)) askOrTell(driver, branch);
}

interface RevivedBranch {
  readonly driver: CoordinatorDriver;
  readonly branch: BranchDriver;
}

function reviveBranches(
  surroundings: Surroundings,
  { commits, hasPredecessor }: Remains,
  store: Store,
  transactions: readonly string[],
  revival: Revival,
): readonly RevivedBranch[] {
  const rm = store.participant.name;
  const prepared = transactions.map((tx) => {
    const driver = revival.get(tx) ?? revival.create(presumedAborted(tx));
    return { driver, branch: reviveBranch(surroundings, driver, store) };
  });
  if (hasPredecessor) surroundings.record({ action: 'RecoverParticipant', rm, state: 'unprepared' });
  return [...prepared, ...finishedBranches(commits, store, new Set(transactions), revival)];
}

/** The branch of a store that is in doubt about the transaction. */
export function reviveBranch(surroundings: Surroundings, driver: CoordinatorDriver, store: Store): BranchDriver {
  const { transaction: tx } = driver;
  const rm = store.participant.name;
  const branch = driver.addBranch(store, recoveredBranch(tx, rm, 'Prepared'));
  surroundings.record({ tx, action: 'RecoverParticipant', rm, state: 'prepared' });
  return branch;
}

/** A store that is not in doubt about a committed transaction has committed it: it was prepared, durably, before the decision. */
function finishedBranches(
  commits: ReadonlyMap<string, CoordinatorSnapshot>,
  store: Store,
  inDoubt: ReadonlySet<string>,
  revival: Revival,
): readonly RevivedBranch[] {
  const { name } = store.participant;
  const finished = [...commits.values()].filter(({ context }) => context.participants.includes(name) && !inDoubt.has(context.transaction));
  return finished.flatMap(({ context: { transaction } }) => {
    const driver = revival.get(transaction);
    return driver ? [{ driver, branch: driver.addBranch(store, recoveredBranch(transaction, name, 'Committed')) }] : [];
  });
}

/** A branch in doubt asks; a coordinator tells one that may not have heard. */
export function askOrTell(driver: CoordinatorDriver, branch: BranchDriver): void {
  if (branch.state === 'prepared') branch.dispatch({ type: 'VoteAgain' });
  else driver.dispatch({ type: 'Resend', participant: branch.participant });
}

/** What is told when recovery takes longer than `timeouts.recoveryMs`. */
export function recoveryPending(drivers: readonly CoordinatorDriver[], joining: Iterable<string>, recoveryMs: number): CrossboundError {
  const branches = drivers.flatMap((driver) => driver.branches);
  const late = branches.filter(({ isSettled }) => !isSettled).map(({ participant }) => participant);
  const stores = new Set([...late, ...joining]);
  const failure = branches.find((branch) => branch.failure !== undefined)?.failure;
  return new CrossboundError(
    'RECOVERY_PENDING',
    'retryable',
    `${drivers.length} transaction(s) of an earlier run are not finished after ${recoveryMs} ms (timeouts.recoveryMs), in ${[...stores].join(', ')}. Recovery goes on.${failure === undefined ? '' : ` Last error: ${textOf(failure.error)}`}`,
    failure === undefined ? undefined : { cause: failure.error },
  );
}
