/** Method: each field wrong in one way; the message must name it and say what is right. */
import { describe, expect, it } from 'vitest';
import { InvalidInputError } from '../../src/protocol/errors.ts';
import { createCrossbound } from '../../src/runtime/create-crossbound.ts';
import { nodeEnvironment } from '../../src/runtime/node-environment.ts';
import { ManagerFixture } from './manager-fixture.ts';
import { ScriptedParticipant } from './scripted-participant.ts';

const fine = { name: 'bank', directory: '/nowhere', participants: [new ScriptedParticipant('left')] };

describe('createCrossbound', () => {
  it.each([
    ['name: must be 1 to 48 letters', { name: 'not a name' }],
    ['name:', { name: undefined }],
    ['directory: give either directory, where the decision log is kept, or log', { directory: undefined }],
    ['directory: give either', { log: { open() {}, append() {}, close() {} } }],
    ['directory: expected a path, got an empty text', { directory: '' }],
    ['directory: expected a path', { directory: 5 }],
    ['log: expected an object with the methods open, append, close', { log: {}, directory: undefined }],
    ['participants: expected a list of participants', { participants: undefined }],
    ['participants.0: expected a participant, which has the methods open, enlist', { participants: [{}] }],
    ['participants.1: expected a participant', { participants: [new ScriptedParticipant('a'), null] }],
    ['participants.0: its name "a b" must be 1 to 48 letters', { participants: [new ScriptedParticipant('a b')] }],
    ['participants: two participants have the name "a"', { participants: [new ScriptedParticipant('a'), new ScriptedParticipant('a')] }],
    ['timeouts.prepareMs: expected a positive integer (milliseconds), got -1', { timeouts: { prepareMs: -1 } }],
    ['timeouts.prepareMs: expected a positive integer (milliseconds), got 0', { timeouts: { prepareMs: 0 } }],
    ['timeouts.transactionMs: expected a positive integer (milliseconds), got 1.5', { timeouts: { transactionMs: 1.5 } }],
    ['timeouts.lockMs: expected a positive integer (milliseconds), got "5s"', { timeouts: { lockMs: '5s' } }],
    ['timeouts.closeMs: expected at most 2147483647 milliseconds', { timeouts: { closeMs: 2 ** 31 } }],
    ['timeouts.prepareMS: there is no such option', { timeouts: { prepareMS: 5 } }],
    ['limits.maxActive: expected an integer from 1 to 1000000, got 0', { limits: { maxActive: 0 } }],
    ['limits.maxQueued: expected an integer from 0 to 1000000, got -1', { limits: { maxQueued: -1 } }],
    ['limits.recentOutcomes: expected an integer from 1 to 1000000, got 10000000', { limits: { recentOutcomes: 10_000_000 } }],
    ['limits.idempotencyKeys: expected an integer from 1 to 1000000, got 0', { limits: { idempotencyKeys: 0 } }],
    ['limits.idempotentResultBytes: expected an integer from 1 to 1000000, got 0', { limits: { idempotentResultBytes: 0 } }],
    ['heartbeat.intervalMs: expected a positive integer (milliseconds), got 0', { heartbeat: { intervalMs: 0 } }],
    ['heartbeat.misses: expected an integer from 1', { heartbeat: { misses: 0 } }],
    ['heartbeat.every: there is no such option', { heartbeat: { every: 1 } }],
    ['heartbeat: ', { heartbeat: true }],
    ['recovery.intervalMs: expected a positive integer (milliseconds), got 0', { recovery: { intervalMs: 0 } }],
    ['timeouts.abandonMs: expected a positive integer (milliseconds), got 0', { timeouts: { abandonMs: 0 } }],
    ['whenDown.middle: there is no such participant', { whenDown: { middle: 'optional' } }],
    [
      "whenDown.left: expected 'refuse', 'queue' or 'optional', or an object with one of them as its policy",
      { whenDown: { left: 'wait' } },
    ],
    ['whenDown.left.queueMs: expected a positive integer (milliseconds), got -1', { whenDown: { left: { policy: 'queue', queueMs: -1 } } }],
    ['whenDown.left.queueMs: there is no such option', { whenDown: { left: { policy: 'optional', queueMs: 1 } } }],
    ['whenDown: expected an object', { whenDown: 'optional' }],
    ['waitForRecovery: expected true or false', { waitForRecovery: 'yes' }],
    ['environment: expected an object with the methods now, setTimer, randomBytes', { environment: {} }],
    ['and files with makeDirectory, open and lock', { environment: { ...nodeEnvironment(), files: {} } }],
    ['directory: expected a path, got one with a NUL in it', { directory: 'a\0b' }],
    [`directory: "${import.meta.filename}" is a file, or leads through one`, { directory: import.meta.filename }],
    [`directory: "${import.meta.filename}/d" is a file, or leads through one`, { directory: `${import.meta.filename}/d` }],
    ['onTrace: expected a function', { onTrace: 'file' }],
    ['onEffect: expected a function', { onEffect: {} }],
    ['tracing: there is no such option', { tracing: true }],
  ])('says "%s"', async (message, wrong) => {
    const options = { ...fine, ...wrong } as unknown as Parameters<typeof createCrossbound>[0];
    const error: unknown = await createCrossbound(options).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(InvalidInputError);
    expect(String(error)).toContain(message);
  });

  it('names every field at fault at once', async () => {
    const wrong = createCrossbound({ ...fine, timeouts: { prepareMs: 0, closeMs: 0 }, limits: { maxActive: 0 } });
    await expect(wrong).rejects.toThrow(/timeouts\.prepareMs.*timeouts\.closeMs.*limits\.maxActive/);
  });
});

describe('a transaction', () => {
  it.each([
    ['timeoutMs: expected a positive integer (milliseconds), got 0', { timeoutMs: 0 }],
    ['signal: expected an AbortSignal', { signal: {} }],
    ['timeout: there is no such option', { timeout: 5 }],
  ])('says "%s"', async (message, wrong) => {
    const fixture = new ManagerFixture();
    const manager = await fixture.start();
    await expect(manager.begin(wrong as never)).rejects.toThrow(message);
    await fixture.end();
  });

  it.each([
    ['expected a text that is not empty', ''],
    ['expected at most 200 characters', 'x'.repeat(201)],
    ['expected a text', 7],
  ])('with an idempotency key says "%s"', async (message, idempotencyKey) => {
    const fixture = new ManagerFixture();
    const manager = await fixture.start();
    await expect(manager.transaction(() => 1, { idempotencyKey } as never)).rejects.toThrow(`idempotencyKey: ${message}`);
    await fixture.end();
  });

  it('that the caller ends takes no idempotency key, since there is no work to run or not', async () => {
    const fixture = new ManagerFixture();
    const manager = await fixture.start();
    await expect(manager.begin({ idempotencyKey: 'k' } as never)).rejects.toThrow('idempotencyKey: there is no such option');
    await fixture.end();
  });
});
