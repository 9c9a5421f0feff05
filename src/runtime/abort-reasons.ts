import { CrossboundError, InDoubtError, PrepareRefusedError, TransactionAbortedError } from '../protocol/errors.ts';
import type { BranchDriver } from './branch-driver.ts';
import { textOf } from './text-of.ts';

type AbortKind = 'retryable' | 'terminal';

/** Why a transaction was rolled back: the errors that its client gets. */
export function timedOut(tx: string, timeoutMs: number, waitingFor: readonly string[]): TransactionAbortedError {
  const busy = waitingFor.length > 0 ? `, waiting for ${quoted(waitingFor)}` : '';
  return aborted(tx, 'TIMEOUT', 'retryable', `it was not committed within ${timeoutMs} ms${busy}.`);
}

/** The vote of some participant did not come in time. */
export function votesLate(tx: string, timeoutMs: number, missing: readonly BranchDriver[]): TransactionAbortedError {
  const failed = missing.find(({ failure }) => failure !== undefined);
  if (failed) return participantFailed(tx, failed.participant, 'could not say whether it has prepared', failed.failure?.error);
  const names = missing.map(({ participant }) => participant);
  return aborted(tx, 'TIMEOUT', 'retryable', `${quoted(names)} did not vote within ${timeoutMs} ms (timeouts.prepareMs).`);
}

/** The caller's signal was aborted. */
export function abortedBySignal(tx: string, reason: unknown): TransactionAbortedError {
  return aborted(tx, 'ABORTED_BY_SIGNAL', 'terminal', `its signal was aborted (${textOf(reason)}).`, reason);
}

/** The client rolled back. */
export function rolledBack(tx: string, reason: unknown): TransactionAbortedError {
  const why = reason === undefined ? '' : ` (${textOf(reason)})`;
  return aborted(tx, 'ROLLED_BACK', 'terminal', `the client asked for it${why}.`, reason);
}

/** A participant failed before the decision. */
export function participantFailed(tx: string, participant: string, did: string, cause: unknown): TransactionAbortedError {
  // In doubt is one that cannot go on by itself, such as a poisoned journal: to try again is no use.
  const kind: AbortKind = cause instanceof CrossboundError && cause.kind !== 'retryable' ? 'terminal' : 'retryable';
  return aborted(tx, 'PARTICIPANT_FAILED', kind, `the participant "${participant}" ${did}: ${textOf(cause)}`, cause);
}

/** A participant was known not to be there, and was not asked. */
export function participantUnavailable(tx: string, cause: unknown): TransactionAbortedError {
  return aborted(tx, 'PARTICIPANT_UNAVAILABLE', 'retryable', textOf(cause), cause);
}

/** A participant voted no. */
export function votedNo(tx: string, branches: readonly BranchDriver[]): TransactionAbortedError {
  const refusing = branches.find(({ failure }) => failure?.error instanceof PrepareRefusedError);
  if (refusing?.failure?.error instanceof PrepareRefusedError) {
    const { participant } = refusing;
    const failure = refusing.failure.error;
    const kind: AbortKind = failure.kind === 'retryable' ? 'retryable' : 'terminal';
    return aborted(tx, 'PREPARE_REFUSED', kind, `the participant "${participant}" refused to prepare it: ${failure.message}`, failure);
  }
  const failed = branches.find(({ failure }) => failure !== undefined);
  return participantFailed(tx, failed?.participant ?? 'unknown', 'did not prepare it', failed?.failure?.error);
}

/** `commit` was called, or the work returned, while a participant was still being taken in. */
export function enlistPending(tx: string, names: readonly string[]): TransactionAbortedError {
  return aborted(tx, 'ENLIST_PENDING', 'terminal', `commit was called before enlist of ${quoted(names)} had resolved. Await it first.`);
}

/** What the work returned cannot be given to the next one who comes with the same idempotency key. */
export function resultNotStorable(tx: string, why: string): TransactionAbortedError {
  return aborted(tx, 'RESULT_NOT_STORABLE', 'terminal', `what its work returned cannot be kept under an idempotency key: ${why}`);
}

/** Without a participant there is no commit record, and nothing that would remember the idempotency key. */
export function nothingEnlisted(tx: string): TransactionAbortedError {
  const why = 'its work has an idempotency key, which is kept with the commit, and enlisted no participant to commit in.';
  return aborted(tx, 'NOTHING_ENLISTED', 'terminal', why);
}

/** The log takes no decisions. */
export function decisionRefused(tx: string, cause: unknown): TransactionAbortedError {
  const isTyped = cause instanceof CrossboundError;
  const kind: AbortKind = isTyped && cause.kind === 'retryable' ? 'retryable' : 'terminal';
  return aborted(tx, isTyped ? cause.code : 'LOG_FAILED', kind, `the decision log did not take the decision: ${textOf(cause)}`, cause);
}

/** The manager is being closed. */
export function managerClosed(tx: string): TransactionAbortedError {
  return aborted(tx, 'CLOSED', 'retryable', 'the transaction manager was closed before the decision.');
}

/** The decision is not known here. */
export function inDoubt(tx: string, why: string, cause?: unknown): InDoubtError {
  const message = `Whether transaction ${tx} is committed is not known here: ${why}. Recovery decides; ask outcome("${tx}") later.`;
  return new InDoubtError(tx, message, cause === undefined ? undefined : { cause });
}

/** A rolled-back transaction is given up: who has not carried out the roll-back does so later. */
export function abandoned(tx: string, branches: readonly BranchDriver[], abandonMs: number): CrossboundError {
  const names = quoted(branches.map(({ participant }) => participant));
  const failure = branches.find((branch) => branch.failure !== undefined)?.failure;
  const last = failure === undefined ? '' : ` Last error: ${textOf(failure.error)}`;
  const message = `Transaction ${tx} is rolled back, and ${names} did not carry that out within ${abandonMs} ms (timeouts.abandonMs). Periodic recovery goes on.${last}`;
  return new CrossboundError('ABANDONED', 'terminal', message, failure === undefined ? undefined : { cause: failure.error });
}

function aborted(tx: string, code: string, kind: AbortKind, why: string, cause?: unknown): TransactionAbortedError {
  return new TransactionAbortedError(
    tx,
    code,
    kind,
    `Transaction ${tx} was rolled back: ${why}`,
    cause === undefined ? undefined : { cause },
  );
}

function quoted(names: readonly string[]): string {
  return names.map((name) => `"${name}"`).join(', ');
}

/** For whoever asks for something new while the manager closes, or after. */
export function closed(): CrossboundError {
  return new CrossboundError('CLOSED', 'terminal', 'The transaction manager is closed: create another one.');
}

/** @throws CrossboundError where the caller has given up before there was a transaction. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (!signal?.aborted) return;
  const message = `The signal was aborted before the transaction had begun (${textOf(signal.reason)}).`;
  throw new CrossboundError('ABORTED_BY_SIGNAL', 'terminal', message, { cause: signal.reason });
}
