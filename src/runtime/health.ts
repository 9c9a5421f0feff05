import type { Store } from './branch-driver.ts';
import type { CoordinatorDriver } from './coordinator-driver.ts';
import type { DegradationPolicy } from './options.ts';
import type { PresenceState } from './presence.ts';

/** How one participant is. */
export interface ParticipantHealth {
  /** `up`; `suspected`: it has stopped answering; `down`: it has not been opened since the manager started. */
  readonly state: PresenceState;
  /** Since when, in milliseconds since the Unix epoch, by the wall clock. */
  readonly sinceMs: number;
  /** What it failed with last, while it is not up, or where a transaction went on without it. */
  readonly lastError?: string;
  /** What becomes of transactions that want it while it is not up. */
  readonly whenDown: DegradationPolicy['policy'];
  /** Its prepared branches without an outcome, as far as this manager knows. Those of running transactions are among them. */
  readonly inDoubt: number;
  /** Transactions that were rolled back and given up, and whose roll-back it has still to carry out. */
  readonly abandoned: number;
  /** Transactions that wait for it to come back. */
  readonly queued: number;
  /** Transactions that have gone on without it since the manager was created. */
  readonly skipped: number;
}

/** How a manager is. A plain object, for JSON. */
export interface CrossboundHealth {
  /**
   * `healthy`: all is well; `degraded`: some participant is not up, and what needs it is refused, waits or goes without it; `unhealthy`: nothing can be
   * committed, since the log takes no decisions, the manager is closed, or no participant is up.
   */
  readonly status: 'healthy' | 'degraded' | 'unhealthy';
  readonly participants: Readonly<Record<string, ParticipantHealth>>;
  readonly log: {
    readonly state: 'open' | 'failed' | 'closed';
    /** Which owner of the log this manager is, counted from 1. */
    readonly epoch: number;
    readonly lastError?: string;
  };
  /** Transactions that recovery is finishing. */
  readonly recovering: number;
}

/** Puts together what is known; asks nobody. */
export function healthOf(
  log: CrossboundHealth['log'],
  stores: Iterable<Store>,
  drivers: Iterable<CoordinatorDriver>,
  recovering: number,
): CrossboundHealth {
  const inDoubt = inDoubtByParticipant(drivers);
  const all = [...stores];
  const participants = Object.fromEntries(
    all.map((store) => [store.participant.name, healthOfParticipant(store, inDoubt.get(store.participant.name) ?? 0)]),
  );
  const up = all.filter(({ presence }) => presence.isUp).length;
  const canCommit = log.state === 'open' && (up > 0 || all.length === 0);
  const status = !canCommit ? 'unhealthy' : up < all.length ? 'degraded' : 'healthy';
  return { status, participants, log, recovering };
}

function healthOfParticipant({ presence, abandoned }: Store, inDoubt: number): ParticipantHealth {
  const { state, sinceMs, lastError, policy, queued, skipped } = presence;
  const error = lastError === undefined ? {} : { lastError };
  return { state, sinceMs, ...error, whenDown: policy.policy, inDoubt, abandoned: abandoned.size, queued, skipped };
}

function inDoubtByParticipant(drivers: Iterable<CoordinatorDriver>): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { branches } of drivers) {
    for (const { participant, isInDoubt } of branches) if (isInDoubt) counts.set(participant, (counts.get(participant) ?? 0) + 1);
  }
  return counts;
}
