/**
 * Method: the disk of a manager that died, either written by hand, record by record, or left by a killed one; and stores that
 * hold what they held then. A new manager starts over them; what every store ends with must follow from the log alone.
 */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FileDecisionLog } from '../../src/log/file-decision-log.ts';
import { CrossboundError, LockedError } from '../../src/protocol/errors.ts';
import type { DecisionRecord } from '../../src/protocol/log-record.ts';
import { DIRECTORY, HAND_MADE, ManagerFixture, settledAs } from './manager-fixture.ts';
import { fails, hangs, type ScriptedParticipant, waitsFor } from './scripted-participant.ts';

let fixture: ManagerFixture;
let left: ScriptedParticipant;
let right: ScriptedParticipant;

beforeEach(() => {
  fixture = new ManagerFixture();
  ({ left, right } = fixture);
});

const OLD = `${HAND_MADE}1`;
const commitOf = (tx: string, ...participants: string[]): DecisionRecord => ({ type: 'Commit', tx, participants });

/** The log as a manager left it that wrote these records and died. */
async function writeLog(...records: DecisionRecord[]): Promise<void> {
  const log = new FileDecisionLog(fixture.environment, { directory: DIRECTORY });
  const { epoch } = await log.open('test', {}, undefined, HAND_MADE.slice(3, -1));
  for (const record of records) await log.append(record, { epoch });
  await log.close();
}

describe('a start over the log of one that died', () => {
  afterEach(() => fixture.end());

  it('commits in the stores that are in doubt, when the log says so', async () => {
    await writeLog(commitOf(OLD, 'left', 'right'));
    left.prepared.add(OLD);
    right.prepared.add(OLD);
    const manager = await fixture.start({ waitForRecovery: true });
    expect([[...left.committed], [...right.committed]]).toEqual([[OLD], [OLD]]);
    expect(manager.outcome(OLD)).toBe('committed');
    expect(await manager.inDoubt()).toEqual([]);
  });

  it('refuses another name, under which the stores would deny that they have anything to commit', async () => {
    await writeLog(commitOf(OLD, 'left', 'right'));
    left.prepared.add(OLD);
    await expect(fixture.start({ name: 'other' })).rejects.toMatchObject({ code: 'LOG_OF_ANOTHER_COORDINATOR' });
    expect([left.calls, right.calls]).toEqual([[], []]);
    await fixture.start({ waitForRecovery: true });
    expect([...left.committed]).toEqual([OLD]);
  });

  it('does not tell a store to commit that has done so, and writes the end', async () => {
    await writeLog(commitOf(OLD, 'left', 'right'));
    right.prepared.add(OLD);
    await (await fixture.start({ waitForRecovery: true })).close();
    expect(left.calls).not.toContain('commit');
    const log = new FileDecisionLog(fixture.environment, { directory: DIRECTORY });
    const { records } = await log.open('test');
    expect(records).toContainEqual({ type: 'End', tx: OLD });
    await log.close();
  });

  it('presumes abort for what is prepared and not in the log', async () => {
    await writeLog(commitOf(`${HAND_MADE}2`, 'left'), { type: 'End', tx: `${HAND_MADE}2` });
    left.prepared.add(OLD);
    right.prepared.add(OLD);
    const manager = await fixture.start({ waitForRecovery: true });
    expect([left.prepared.size, right.prepared.size, left.committed.size]).toEqual([0, 0, 0]);
    expect(manager.outcome(OLD)).toBe('aborted');
    expect(manager.outcome(`${HAND_MADE}2`)).toBe('committed');
    expect(manager.outcome('e2-00ff00ff00ff-1')).toBe('unknown');
    expect(manager.outcome('e1-00ff00ff00fe-1'), 'of another log, which may have committed it').toBe('unknown');
  });

  it('knows of what it presumes aborted that it is, before every store has rolled back', async () => {
    await writeLog();
    left.prepared.add(OLD);
    left.always('rollback', fails());
    const manager = await fixture.start({ timeouts: { closeMs: 1_000 }, limits: { recentOutcomes: 1 } });
    expect(manager.outcome(OLD)).toBe('aborted');
    expect(manager.stats().recovering).toBe(1);
  });

  it('does not know what became of more than it may remember', async () => {
    await writeLog(...[1, 2, 3].map((number) => commitOf(`${HAND_MADE}${number}`, 'left')));
    const manager = await fixture.start({ limits: { recentOutcomes: 2 }, waitForRecovery: true });
    const outcomes = [0, 1, 2, 3].map((number) => manager.outcome(`${HAND_MADE}${number}`));
    expect(outcomes).toEqual(['unknown', 'unknown', 'committed', 'committed']);
  });

  it('has nothing to do for a transaction that was never prepared', async () => {
    await writeLog();
    const manager = await fixture.start({ waitForRecovery: true });
    expect([left.calls, right.calls]).toEqual([
      ['open', 'inDoubt'],
      ['open', 'inDoubt'],
    ]);
    expect(manager.stats().recovering).toBe(0);
  });

  it('decides each of many by its own record', async () => {
    const names = Array.from({ length: 50 }, (_, index) => `${HAND_MADE}${index}`);
    const committed = names.filter((_, index) => index % 3 === 0);
    await writeLog(...committed.map((tx) => commitOf(tx, 'left', 'right')));
    for (const tx of names) {
      left.prepared.add(tx);
      right.prepared.add(tx);
    }
    await fixture.start({ waitForRecovery: true });
    expect([[...left.committed].sort(), [...right.committed].sort()]).toEqual([[...committed].sort(), [...committed].sort()]);
    expect(left.prepared.size + right.prepared.size).toBe(0);
  });

  it('serves new transactions while an old one is in doubt, and says when it is not any more', async () => {
    await writeLog(commitOf(OLD, 'left', 'right'));
    right.prepared.add(OLD);
    const { promise, resolve } = Promise.withResolvers<void>();
    right.next('commit', waitsFor(promise));
    const manager = await fixture.start();
    expect(manager.stats().recovering).toBe(1);
    await fixture.environment.run(manager.transaction((tx) => tx.enlist(left)));
    resolve();
    await fixture.environment.run(manager.recovered);
    expect(manager.stats()).toMatchObject({ recovering: 0, active: 0 });
    expect([...right.committed]).toEqual([OLD]);
  });

  it('says after a while which store is not through, with its error, and goes on', async () => {
    await writeLog(commitOf(OLD, 'left', 'right'));
    right.prepared.add(OLD);
    right.always('commit', fails('disk is read-only'));
    const manager = await fixture.start({ timeouts: { recoveryMs: 9_000 } });
    const error: unknown = await fixture.environment.run(manager.recovered).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'RECOVERY_PENDING', kind: 'retryable', cause: new Error('disk is read-only') });
    expect(String(error)).toContain('1 transaction(s) of an earlier run are not finished after 9000 ms (timeouts.recoveryMs), in right.');
    right.behave();
    await fixture.environment.pass(2_000);
    expect([...right.committed]).toEqual([OLD]);
  });

  it('that waits for recovery in vain rejects, and leaves everything closed', async () => {
    await writeLog(commitOf(OLD, 'left'));
    left.prepared.add(OLD);
    left.always('commit', () => hangs());
    const timeouts = { recoveryMs: 2_000, closeMs: 1_000, settleMs: 100 };
    expect(await settledAs(fixture.start({ waitForRecovery: true, timeouts }))).toBe('RECOVERY_PENDING');
    expect(left.calls.at(-1)).toBe('close');
    left.behave();
    await fixture.start({ waitForRecovery: true });
    expect([...left.committed]).toEqual([OLD]);
  });

  it('refuses to go without a store that was promised a commit', async () => {
    await writeLog(commitOf(OLD, 'left', 'right'));
    const error: unknown = await fixture.start({ participants: [left] }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'PARTICIPANT_MISSING' });
    expect(String(error)).toContain('1 committed transaction(s) that must still be told to "right"');
    await fixture.start({ waitForRecovery: true });
  });

  it('refuses to run beside a live one, whose transactions it would presume aborted', async () => {
    const manager = await fixture.start();
    await expect(fixture.start()).rejects.toBeInstanceOf(LockedError);
    await fixture.environment.run(manager.transaction((tx) => tx.enlist(left)));
    await fixture.environment.run(manager.close());
    await fixture.start();
  });
});

describe('a store at start', () => {
  afterEach(() => fixture.end());

  it('that cannot be opened is named, and everything is closed again', async () => {
    right.next('open', fails('no such host'));
    const error: unknown = await fixture.start().catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'PARTICIPANT_UNAVAILABLE', kind: 'terminal', cause: new Error('no such host') });
    expect(String(error)).toContain('The participant "right" could not be opened: no such host');
    expect(left.calls.at(-1)).toBe('close');
    await fixture.start();
  });

  it('that says it may come up is tried again', async () => {
    const starting = () => {
      throw new CrossboundError('STARTING', 'retryable', 'the database is starting up');
    };
    right.next('open', starting, starting, starting);
    await fixture.start();
    expect(right.calls.filter((call) => call === 'open')).toHaveLength(4);
  });

  it('that does not come up in time is named', async () => {
    right.always('open', () => {
      throw new CrossboundError('STARTING', 'retryable', 'the database is starting up');
    });
    const begun = fixture.environment.now();
    const error: unknown = await fixture.start({ timeouts: { openMs: 3_000 } }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'PARTICIPANT_UNAVAILABLE', kind: 'retryable' });
    expect(fixture.environment.now() - begun).toBe(3_000);
  });

  it('that hangs is named, and closed when it opens after all', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    right.next('open', waitsFor(promise));
    const error: unknown = await fixture.start({ timeouts: { openMs: 3_000 } }).catch((thrown: unknown) => thrown);
    expect(String(error)).toContain('"right" could not be opened: it took longer than 3000 ms (timeouts.openMs)');
    resolve();
    await fixture.environment.settle();
    expect(right.calls).toEqual(['open', 'close']);
  });

  it('that cannot say what is in doubt is not guessed about', async () => {
    right.always('inDoubt', fails('permission denied'));
    const error: unknown = await fixture.start({ timeouts: { openMs: 3_000 } }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'PARTICIPANT_UNAVAILABLE' });
  });
});

describe('a manager that is killed', () => {
  afterEach(() => fixture.end());

  const inBoth = async () => {
    const manager = await fixture.start();
    const tx = await manager.begin();
    await tx.enlist(left);
    await tx.enlist(right);
    return tx;
  };

  it.each(['enlist', 'prepare', 'commit'] as const)(
    'while both stores %s leaves a run that the spec has, and all or nothing',
    async (call) => {
      for (const store of [left, right]) store.always(call, () => hangs());
      const manager = await fixture.start();
      const promise = manager.transaction((tx) => Promise.all([tx.enlist(left), tx.enlist(right)]));
      promise.catch(() => undefined);
      await fixture.environment.settle();
      fixture.kill();
      await fixture.start({ waitForRecovery: true });
      expect([left.committed.size, right.committed.size]).toEqual(call === 'commit' ? [1, 1] : [0, 0]);
      expect(left.prepared.size + right.prepared.size).toBe(0);
    },
  );

  it('between the votes and the flush of the decision has decided to abort', async () => {
    const tx = await inBoth();
    fixture.environment.files.holdSyncs();
    tx.commit().catch(() => undefined);
    await fixture.environment.settle();
    fixture.kill();
    const manager = await fixture.start({ waitForRecovery: true });
    expect(manager.outcome(tx.id)).toBe('aborted');
    expect([left.prepared.size, right.prepared.size, left.committed.size]).toEqual([0, 0, 0]);
  });

  it('with one store committed and the other not is recovered again and again', async () => {
    right.always('commit', () => hangs());
    const tx = await inBoth();
    await fixture.environment.run(tx.commit());
    await fixture.environment.settle();
    for (let kills = 0; kills < 3; kills += 1) {
      fixture.kill();
      right.always('commit', () => hangs());
      await fixture.start();
      await fixture.environment.settle();
    }
    fixture.kill();
    const manager = await fixture.start({ waitForRecovery: true });
    expect([[...left.committed], [...right.committed]]).toEqual([[tx.id], [tx.id]]);
    expect(manager.outcome(tx.id)).toBe('committed');
  });

  it('with its end not flushed tells everyone once more', async () => {
    const tx = await inBoth();
    await fixture.environment.run(tx.commit());
    await fixture.environment.run(tx.finished);
    fixture.kill();
    await fixture.start({ waitForRecovery: true });
    expect(fixture.actions().filter((action) => action === 'Resend left')).toHaveLength(1);
    expect(left.calls.filter((call) => call === 'commit')).toHaveLength(1);
  });
});
