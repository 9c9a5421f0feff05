import { createHash } from 'node:crypto';
import { effectPoints } from '../../runtime/effect-points.ts';
import type { KillTarget, Provocation } from './process-messages.ts';

/** One kill to come. */
export interface PlannedKill {
  readonly target: KillTarget;
  /** Where the incarnation is killed instead, if its recovery does not pass the target: a state from which the next one does. */
  readonly afterRecovery?: KillTarget;
}

/** Effects that only happen when something fails. */
const PROVOKED: Readonly<Record<string, Provocation>> = {
  dropWork: 'give-up',
  sendAbortToAll: 'give-up',
  answerAborted: 'give-up',
  appendAborted: 'refuse',
  sendNo: 'refuse',
  resendPrepare: 'vanish',
};

/** Effects of recovery, and a point of a kill after which recovery is sure to have them. */
const RECOVERY: Readonly<Record<string, string>> = {
  // All are prepared, nothing is decided.
  replyAbort: 'before appendCommit',
  // It is decided, and nobody was told.
  replyCommit: 'before sendCommitToAll',
  // One has committed, and has not said so.
  resendCommit: 'after appendCommitted',
};

/** Of the transfers, this part is spread over the incarnations that are killed; the rest is for the last, which is not. */
const LEAST_SHARE = 0.4;
const MOST_SHARE = 0.85;

/** So that a kill meets work, and some is left after the last. */
const TRANSFERS_A_KILL = 10;

/** How often the coordinator is killed; `all` is once at every effect point, `auto` the same where the workload is long enough. */
export type Kills = number | 'all' | 'auto';

/**
 * Plans the kills of the coordinator over a workload. A number takes so many effect points of the protocol, or goes round again.
 * The same seed gives the same plan.
 */
export function planKills(kills: Kills, transfers: number, seed: number): readonly PlannedKill[] {
  const most = kills === 'auto' ? Math.floor(transfers / TRANSFERS_A_KILL) : effectPoints.length;
  const count = typeof kills === 'number' ? kills : Math.min(most, effectPoints.length);
  const points: string[] = [];
  for (let round = 0; points.length < count; round += 1) {
    const shuffled = [...effectPoints].sort((a, b) => fraction(seed, round, a) - fraction(seed, round, b));
    points.push(...shuffled.slice(0, count - points.length));
  }
  return recoveryAfterItsCause(points).map((point, index) => {
    const [, effect = ''] = point.split(' ');
    const share = LEAST_SHARE + (MOST_SHARE - LEAST_SHARE) * fraction(seed, index, 'share');
    const afterTransfers = Math.floor((transfers / count) * share);
    const provoke = PROVOKED[effect];
    const cause = RECOVERY[effect];
    if (cause === undefined) return { target: { point, afterTransfers, ...(provoke === undefined ? {} : { provoke }) } };
    return { target: { point, afterTransfers: 0 }, afterRecovery: { point: cause, afterTransfers } };
  });
}

/** Moves the points of recovery right behind the point that causes them, where that is planned. */
function recoveryAfterItsCause(points: readonly string[]): string[] {
  const isRecovery = (point: string): boolean => causeOf(point) !== undefined;
  const waiting = points.filter(isRecovery);
  const ordered = points
    .filter((point) => !isRecovery(point))
    .flatMap((point) => {
      const caused = waiting.filter((candidate) => causeOf(candidate) === point);
      for (const placed of caused) waiting.splice(waiting.indexOf(placed), 1);
      return [point, ...caused];
    });
  return [...ordered, ...waiting];
}

function causeOf(point: string): string | undefined {
  return RECOVERY[point.split(' ')[1] ?? ''];
}

/** From 0 to 1, the same for the same arguments. */
function fraction(seed: number, round: number, label: string): number {
  return createHash('sha256').update(`${seed}/${round}/${label}`).digest().readUInt32BE() / 2 ** 32;
}
