/**
 * Ways to make a recorded run untrue, one lie each. TLC must reject every one of them: a validation that a lie can pass proves nothing.
 */
import { InvalidInputError } from '../../src/protocol/errors.ts';
import type { RecordedTransaction } from '../../src/protocol/recorded-run.ts';
import type { TraceEvent } from '../../src/protocol/trace-event.ts';

/** One lie about a recorded run. */
export interface Tampering {
  /** What is untrue then, in a few words. */
  readonly name: string;
  /** Which property of the specification it breaks. */
  readonly breaks: string;
  /** The first transaction of a run that can be told so, changed; nothing else of the run is needed to see the lie. */
  tamper(transactions: readonly RecordedTransaction[]): RecordedTransaction;
}

/** The lies, each about the first transaction that it can be told of. */
export const tamperings: readonly Tampering[] = [
  {
    name: 'a flipped decision',
    breaks: 'Consistency: one participant is told to abort what the others commit',
    tamper: (transactions) => change(transactions, 'a committed transaction', flipDecision),
  },
  {
    name: 'an acknowledgement before its decision',
    breaks: 'DurableBeforeSpoken: the client was told before the decision was durable',
    tamper: (transactions) => change(transactions, 'a committed transaction', answerFirst),
  },
  {
    name: 'a missing flush',
    breaks: 'YesIsDurable: a vote was counted that was not durable',
    tamper: (transactions) => change(transactions, 'a transaction that was prepared', dropFlush),
  },
];

function change(
  transactions: readonly RecordedTransaction[],
  wanted: string,
  lie: (events: readonly TraceEvent[]) => readonly TraceEvent[] | undefined,
): RecordedTransaction {
  for (const transaction of transactions) {
    const events = lie(transaction.events);
    if (events !== undefined) return { ...transaction, events };
  }
  throw new InvalidInputError(`The recorded run has no ${wanted.replace(/^a /, '')}, so this lie cannot be told of it.`);
}

const isAnswer = (event: TraceEvent): boolean => event.action === 'Answer' && event.outcome === 'committed';
const isDecision = (event: TraceEvent): boolean => event.action === 'FlushCoordinator' && event.record === 'Commit';

function flipDecision(events: readonly TraceEvent[]): readonly TraceEvent[] | undefined {
  const index = events.findIndex(({ action }) => action === 'ReceiveCommit');
  const told = events[index];
  return told !== undefined && 'rm' in told ? events.with(index, { action: 'ReceiveAbort', rm: told.rm }) : undefined;
}

function answerFirst(events: readonly TraceEvent[]): readonly TraceEvent[] | undefined {
  const [decision, answer] = [events.findIndex(isDecision), events.findIndex(isAnswer)];
  const told = events[answer];
  if (told === undefined || decision < 0) return undefined;
  return events.toSpliced(answer, 1).toSpliced(decision, 0, told);
}

/** Of a vote that came before anyone crashed: a crash might have let the record survive unflushed. */
function dropFlush(events: readonly TraceEvent[]): readonly TraceEvent[] | undefined {
  const index = events.findIndex((event) => event.action === 'FlushParticipant' && event.record === 'Prepared');
  const flush = events[index];
  if (flush === undefined || !('rm' in flush)) return undefined;
  const crash = events.findIndex(({ action }) => action === 'CrashParticipant');
  const counted = events.findIndex((event) => event.action === 'ReceiveYes' && event.rm === flush.rm);
  return counted > index && (crash < 0 || crash > counted) ? events.toSpliced(index, 1) : undefined;
}
