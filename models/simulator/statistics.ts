/** What happened in one simulation, or in many: everything is a count. */
export interface SimulationStatistics extends SimulationCounts {
  /** The `aborted` by the code of the error that the client got, or the name of the error that it threw. */
  readonly abortsByCause: Record<string, number>;
}

/** The single counts. */
export interface SimulationCounts {
  /** Transactions that were begun. */
  transactions: number;
  /** What clients were told at once. */
  committed: number;
  aborted: number;
  /** Clients whose coordinator could not say, or died before it said anything. */
  inDoubt: number;
  unanswered: number;
  /** Calls that were refused before there was a transaction. */
  refused: number;
  coordinatorCrashes: number;
  effectCrashes: number;
  flushCrashes: number;
  storeCrashes: number;
  powerFailures: number;
  /** Starts after the first one that got as far as being open. */
  coordinatorRecoveries: number;
  storeRecoveries: number;
  /** Branches that were found in doubt at a start. */
  recoveredBranches: number;
  restarts: number;
  rivals: number;
  messages: number;
  lostMessages: number;
  duplicatedMessages: number;
  overtakenMessages: number;
  partitions: number;
  cutOffMessages: number;
  flushes: number;
  slowFlushes: number;
  tornWrites: number;
  fullDisks: number;
  diskErrors: number;
  pauses: number;
  clockJumps: number;
  clockDrifts: number;
  /** Events of the simulation, and how long it took in virtual time. */
  events: number;
  virtualMs: number;
}

/** Nothing has happened yet. */
export function emptyStatistics(): SimulationStatistics {
  return {
    transactions: 0,
    committed: 0,
    aborted: 0,
    inDoubt: 0,
    unanswered: 0,
    refused: 0,
    coordinatorCrashes: 0,
    effectCrashes: 0,
    flushCrashes: 0,
    storeCrashes: 0,
    powerFailures: 0,
    coordinatorRecoveries: 0,
    storeRecoveries: 0,
    recoveredBranches: 0,
    restarts: 0,
    rivals: 0,
    messages: 0,
    lostMessages: 0,
    duplicatedMessages: 0,
    overtakenMessages: 0,
    partitions: 0,
    cutOffMessages: 0,
    flushes: 0,
    slowFlushes: 0,
    tornWrites: 0,
    fullDisks: 0,
    diskErrors: 0,
    pauses: 0,
    clockJumps: 0,
    clockDrifts: 0,
    events: 0,
    virtualMs: 0,
    abortsByCause: {},
  };
}

/** Adds the counts of `more` to those of `sum`. */
export function addStatistics(sum: SimulationStatistics, more: SimulationStatistics): void {
  const { abortsByCause, ...counts } = more;
  for (const name of Object.keys(counts) as (keyof SimulationCounts)[]) sum[name] += counts[name];
  for (const [cause, count] of Object.entries(abortsByCause)) sum.abortsByCause[cause] = (sum.abortsByCause[cause] ?? 0) + count;
}
