/** Method: a log that the test holds back and lets fail record by record, to reach the moments between a record's append and its durability. */
import { describe, expect, it } from 'vitest';
import { type BranchLog, KeyValueParticipant, type OpenedStore } from '../../../src/participants/key-value/key-value-participant.ts';
import { CrossboundError, PrepareRefusedError } from '../../../src/protocol/errors.ts';
import type { ParticipantRecord } from '../../../src/protocol/log-record.ts';
import { nodeEnvironment } from '../../../src/runtime/node-environment.ts';

class ScriptedLog implements BranchLog {
  readonly failure = undefined;
  readonly records: string[] = [];
  failNext: Error | undefined;
  gate = Promise.resolve();

  async append(record: ParticipantRecord): Promise<void> {
    const failure = this.failNext;
    this.failNext = undefined;
    if (failure) throw failure;
    this.records.push(`${record.type} ${record.tx}`);
    await this.gate;
  }

  /** Makes every record from now on wait until the returned function is called. */
  hold(): () => void {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.gate = promise;
    return resolve;
  }

  async close(): Promise<void> {}
}

class ScriptedParticipant extends KeyValueParticipant {
  readonly log = new ScriptedLog();
  protected override async openStore(): Promise<OpenedStore> {
    return { committed: new Map(), prepared: new Map(), log: this.log };
  }
}

async function working(...transactions: string[]) {
  const participant = new ScriptedParticipant('scripted');
  await participant.open({ coordinator: 'c', environment: nodeEnvironment() });
  const signal = new AbortController().signal;
  for (const tx of transactions) await (await participant.enlist(tx, { timeoutMs: 60_000, signal })).put(`key of ${tx}`, tx);
  return { participant, log: participant.log };
}

const refusal = (kind: 'retryable' | 'terminal') => new CrossboundError('LOG_TEST', kind, 'not this one');

describe('a call that is made again before it is done', () => {
  it('of prepare has one record and one vote', async () => {
    const { participant, log } = await working('t1');
    const release = log.hold();
    const votes = [participant.prepare('t1'), participant.prepare('t1')];
    release();
    await Promise.all(votes);
    expect(log.records).toEqual(['Prepared t1']);
  });

  it.each(['commit', 'rollback'] as const)('of %s has one record and one outcome', async (end) => {
    const { participant, log } = await working('t1');
    await participant.prepare('t1');
    const release = log.hold();
    const both = [participant[end]('t1'), participant[end]('t1')];
    release();
    await Promise.all(both);
    expect(log.records).toEqual(['Prepared t1', end === 'commit' ? 'Committed t1' : 'Aborted t1']);
  });
});

describe('inDoubt', () => {
  it('leaves out a branch whose outcome is being recorded, and one whose vote is', async () => {
    const { participant, log } = await working('t1', 't2', 't3');
    await participant.prepare('t1');
    await participant.prepare('t2');
    const release = log.hold();
    const underWay = [participant.commit('t1'), participant.prepare('t3')];
    expect(await participant.inDoubt()).toEqual(['t2']);
    release();
    await Promise.all(underWay);
    expect(await participant.inDoubt()).toEqual(['t2', 't3']);
  });
});

describe('a record that the log refuses, leaving nothing behind', () => {
  it.each(['retryable', 'terminal'] as const)('of a vote is a no of the same kind (%s), and frees the keys', async (kind) => {
    const { participant, log } = await working('t1');
    log.failNext = refusal(kind);
    const error = await participant.prepare('t1').catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(PrepareRefusedError);
    expect(error).toMatchObject({ kind, cause: { code: 'LOG_TEST' } });
    const handle = await participant.enlist('t2', { timeoutMs: 10, signal: new AbortController().signal });
    await handle.put('key of t1', 'free');
  });

  it.each(['commit', 'rollback'] as const)('of a %s leaves the branch in doubt, and it can be tried again', async (end) => {
    const { participant, log } = await working('t1');
    await participant.prepare('t1');
    log.failNext = refusal('retryable');
    await expect(participant[end]('t1')).rejects.toMatchObject({ code: 'LOG_TEST' });
    expect(await participant.inDoubt()).toEqual(['t1']);
    await participant[end]('t1');
    expect(await participant.inDoubt()).toEqual([]);
    expect(participant.committed().get('key of t1')).toBe(end === 'commit' ? 't1' : undefined);
  });
});

describe('work that is under way', () => {
  it('when its lock comes in the same tick as the prepare is refused, not silently left out', async () => {
    const { participant } = await working('holder');
    const handle = await participant.enlist('t1', { timeoutMs: 60_000, signal: new AbortController().signal });
    const late = handle.put('key of holder', 'late').catch((error: unknown) => error);
    await Promise.all([participant.rollback('holder'), participant.prepare('t1')]);
    expect(await late).toMatchObject({ code: 'BRANCH_ENDED' });
  });

  it('ends when the participant is closed', async () => {
    const { participant } = await working('holder');
    const handle = await participant.enlist('t1', { timeoutMs: 60_000, signal: new AbortController().signal });
    const waiting = handle.get('key of holder').catch((error: unknown) => error);
    await participant.close();
    expect(await waiting).toMatchObject({ code: 'BRANCH_ENDED' });
  });
});
