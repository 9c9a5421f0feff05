import type { Participant } from '../../src/runtime/participant.ts';

/** A call that did not end in time. It ends its check, whatever that would have made of another error. */
export class LateCallError extends Error {
  override readonly name = 'LateCallError';
}

/** Rejects with {@link LateCallError} when `work` takes longer than `boundMs`, naming it as `what`. The work itself is not interrupted. */
export async function within<Value>(boundMs: number, what: string, work: Promise<Value>): Promise<Value> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new LateCallError(`${what} did not end within ${boundMs} ms (limits.callMs)`)), boundMs);
  try {
    return await Promise.race([work, promise]);
  } finally {
    clearTimeout(timer);
  }
}

/** `participant`, with a deadline for each of its calls. `enlist` may also wait for as long as its caller allowed. */
export function watched(participant: Participant, callMs: number): Participant {
  const ping = participant.ping?.bind(participant);
  return {
    ...(ping === undefined ? {} : { ping: () => within(callMs, 'ping', ping()) }),
    name: participant.name,
    open: (context) => within(callMs, 'open', participant.open(context)),
    enlist: (transaction, options) =>
      within(callMs + options.timeoutMs, `enlist of ${transaction}`, participant.enlist(transaction, options)),
    prepare: (transaction) => within(callMs, `prepare of ${transaction}`, participant.prepare(transaction)),
    commit: (transaction) => within(callMs, `commit of ${transaction}`, participant.commit(transaction)),
    rollback: (transaction) => within(callMs, `rollback of ${transaction}`, participant.rollback(transaction)),
    inDoubt: () => within(callMs, 'inDoubt', participant.inDoubt()),
    close: () => within(callMs, 'close', participant.close()),
  };
}
