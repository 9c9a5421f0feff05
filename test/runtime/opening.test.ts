/**
 * Method: starts that must not go on, because the log that knows the outcomes is gone or a store does not open; what is
 * left behind must let the next start find things as this one did.
 */
import { resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { decodeDecisionLog } from '../../src/log/decode-decision-log.ts';
import { CrossboundError } from '../../src/protocol/errors.ts';
import { DIRECTORY, HAND_MADE, ManagerFixture } from './manager-fixture.ts';
import { fails, hangs, type ScriptedParticipant } from './scripted-participant.ts';

const timeouts = { openMs: 3_000, attemptMs: 1_000 };
let fixture: ManagerFixture;
let left: ScriptedParticipant;
let right: ScriptedParticipant;

beforeEach(() => {
  fixture = new ManagerFixture();
  ({ left, right } = fixture);
});

afterEach(() => fixture.end());

const refusal = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'started',
    (thrown: unknown) => thrown,
  );

describe('a start without the log that stores wait for', () => {
  it('is refused, says who waits and where the log should be, and touches nothing', async () => {
    for (const number of [1, 2, 3, 4, 5]) left.prepared.add(`${HAND_MADE}${number}`);
    right.prepared.add(`${HAND_MADE}1`);
    const error = await refusal(fixture.start({ directory: 'data/coordinator' }));
    expect(error).toMatchObject({ code: 'DECISION_LOG_MISSING', kind: 'terminal' });
    expect(String(error)).toContain(`The decision log in ${resolve('data/coordinator')} is new`);
    expect(String(error)).toContain(
      `"left" (${HAND_MADE}1, ${HAND_MADE}2, ${HAND_MADE}3 and 2 more), "right" (${HAND_MADE}1): the log that knows`,
    );
    expect([left.prepared.size, right.prepared.size]).toEqual([5, 1]);
    expect([left.calls, right.calls]).toEqual([
      ['open', 'inDoubt', 'close'],
      ['open', 'inDoubt', 'close'],
    ]);
    expect(fixture.records).toEqual([]);
  });

  it('is refused again and again, also after a crash, until nothing is in doubt any more', async () => {
    left.prepared.add(`${HAND_MADE}1`);
    for (let starts = 0; starts < 3; starts += 1) {
      expect(await refusal(fixture.start())).toMatchObject({ code: 'DECISION_LOG_MISSING' });
      fixture.kill();
    }
    expect(decodeDecisionLog(fixture.environment.files.contentOf(`${DIRECTORY}/decisions.log`)).epoch).toBe(0);
    left.prepared.clear();
    await fixture.start({ waitForRecovery: true });
  });

  it("is refused too where the log is of the caller's making and does not ask whether it may begin", async () => {
    left.prepared.add(`${HAND_MADE}1`);
    let closings = 0;
    const log = {
      open: async (owner: string) => ({ epoch: 1, head: 1, records: [{ type: 'Epoch' as const, epoch: 1, owner }] }),
      append: async () => 2,
      close: async () => {
        closings += 1;
      },
    };
    const error = await refusal(fixture.start({ log }));
    expect(error).toMatchObject({ code: 'DECISION_LOG_MISSING' });
    expect(String(error)).toContain('The decision log in the option "log" is new');
    expect([closings, left.calls.at(-1), left.prepared.size]).toEqual([1, 'close', 1]);
  });
});

describe('stores of a start that fails', () => {
  it('are closed only where this start has opened them', async () => {
    right.next('open', fails('it serves another manager'));
    expect(await refusal(fixture.start())).toMatchObject({ code: 'PARTICIPANT_UNAVAILABLE' });
    expect([left.calls, right.calls]).toEqual([['open', 'inDoubt', 'close'], ['open']]);
  });

  it('are closed where the first epoch cannot be written after that', async () => {
    fixture.environment.files.failNext('sync', 'EIO', { skip: 1 });
    expect(await refusal(fixture.start())).toMatchObject({ code: 'LOG_POISONED' });
    expect([left.calls.at(-1), right.calls.at(-1)]).toEqual(['close', 'close']);
    await fixture.start();
  });
});

describe('a store that cannot say what is in doubt', () => {
  it('is reported with its own error', async () => {
    left.always('inDoubt', fails('permission denied'));
    const error = await refusal(fixture.start({ timeouts }));
    expect(error).toMatchObject({ code: 'PARTICIPANT_UNAVAILABLE', cause: new Error('permission denied') });
    expect(String(error)).toContain('"left" could not be opened: ');
    expect(String(error)).toContain('permission denied');
  });

  it('is reported with its last error when it hangs after that', async () => {
    left.next('inDoubt', fails('connection reset'), () => hangs());
    const error = await refusal(fixture.start({ timeouts: { openMs: 3_000, attemptMs: 9_000 } }));
    expect(error).toMatchObject({ cause: new Error('connection reset'), kind: 'retryable' });
    expect(String(error)).toContain('it took longer than 3000 ms (timeouts.openMs). Last error: connection reset');
  });

  it('for good is asked once', async () => {
    left.always('inDoubt', () => {
      throw new CrossboundError('NO_VIEW', 'terminal', 'grant it the view');
    });
    const begun = fixture.environment.now();
    expect(await refusal(fixture.start({ timeouts }))).toMatchObject({
      kind: 'terminal',
      message: expect.stringContaining('grant it the view'),
    });
    expect([left.calls, fixture.environment.now() - begun]).toEqual([['open', 'inDoubt', 'close'], 0]);
  });

  it.each([[undefined], ['abc'], [[5]]])('and answers %j instead is named', async (answer) => {
    const participant = Object.assign(left, { inDoubt: async () => answer as unknown as string[] });
    const error = await refusal(fixture.start({ participants: [participant], timeouts }));
    expect(error).toMatchObject({ code: 'PARTICIPANT_UNAVAILABLE', kind: 'terminal' });
    expect(String(error)).toContain('inDoubt of the participant "left" must resolve with a list of transaction identifiers');
  });

  it('at its first attempt is asked again', async () => {
    left.next('inDoubt', fails('connection reset'), () => hangs());
    await fixture.start({ timeouts });
    expect(left.calls).toEqual(['open', 'inDoubt', 'inDoubt', 'inDoubt']);
  });
});
