/** Method: every record reads back as it was written; what is not a record is refused, whatever is wrong with it. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CoordinatorName, ParticipantName, TransactionId } from '../../src/protocol/identifiers.ts';
import {
  type CoordinatorRecord,
  decodeCoordinatorRecord,
  decodeParticipantRecord,
  encodeRecord,
  type ParticipantRecord,
} from '../../src/protocol/log-record.ts';
import { Message } from '../../src/protocol/message.ts';

const name = fc.stringMatching(/^[A-Za-z0-9_.-]{1,48}$/);
const transaction = fc.stringMatching(/^[A-Za-z0-9_.-]{1,64}$/);
const coordinatorRecord: fc.Arbitrary<CoordinatorRecord> = fc.oneof(
  fc.record(
    {
      type: fc.constant('Commit' as const),
      tx: transaction,
      participants: fc.array(name, { minLength: 1, maxLength: 5 }),
      idempotency: fc.record(
        { key: fc.string({ unit: 'binary', minLength: 1, maxLength: 100 }), result: fc.string() },
        { requiredKeys: ['key'] },
      ),
    },
    { requiredKeys: ['type', 'tx', 'participants'] },
  ),
  fc.record({ type: fc.constant('End' as const), tx: transaction }),
  fc.record({ type: fc.constant('Epoch' as const), epoch: fc.integer({ min: 1 }), owner: name }),
);
const payload = fc.array(fc.tuple(fc.string({ unit: 'binary' }), fc.option(fc.string({ unit: 'binary' }))), { maxLength: 5 });
const participantRecord: fc.Arbitrary<ParticipantRecord> = fc.oneof(
  fc.record({ type: fc.constant('Prepared' as const), tx: transaction, payload }),
  fc.record({ type: fc.constant('Committed' as const), tx: transaction }),
  fc.record({ type: fc.constant('Aborted' as const), tx: transaction }),
);
const bytesOf = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));

describe('log records', () => {
  it('read back as written, the coordinator’s and the participant’s', () => {
    fc.assert(
      fc.property(coordinatorRecord, (record) => {
        expect(decodeCoordinatorRecord(encodeRecord(record))).toEqual(record);
      }),
    );
    fc.assert(
      fc.property(participantRecord, (record) => {
        expect(decodeParticipantRecord(encodeRecord(record))).toEqual(record);
      }),
    );
  });

  it.each<[string, CoordinatorRecord]>([
    ['{"type":"Commit","tx":"e1-00ff-1","participants":["a","b"]}', { type: 'Commit', tx: 'e1-00ff-1', participants: ['a', 'b'] }],
    [
      '{"type":"Commit","tx":"e1-00ff-1","participants":["a"],"idempotency":{"key":"order-7","result":"{\\"order\\":7}"}}',
      { type: 'Commit', tx: 'e1-00ff-1', participants: ['a'], idempotency: { key: 'order-7', result: '{"order":7}' } },
    ],
    [
      '{"type":"Commit","tx":"e1-00ff-1","participants":["a"],"idempotency":{"key":"\\ud800"}}',
      { type: 'Commit', tx: 'e1-00ff-1', participants: ['a'], idempotency: { key: '\ud800' } },
    ],
    ['{"type":"End","tx":"e1-00ff-1"}', { type: 'End', tx: 'e1-00ff-1' }],
    ['{"type":"Epoch","epoch":1,"owner":"bank"}', { type: 'Epoch', epoch: 1, owner: 'bank' }],
    ['{"type":"Epoch","epoch":2,"owner":"bank","incarnation":"00ff"}', { type: 'Epoch', epoch: 2, owner: 'bank', incarnation: '00ff' }],
  ])('golden: %s is what it always was, in both directions', (text, record) => {
    expect(new TextDecoder().decode(encodeRecord(record))).toBe(text);
    expect(decodeCoordinatorRecord(new TextEncoder().encode(text))).toEqual(record);
  });

  it.each([
    ['an idempotency key that is empty', bytesOf({ type: 'Commit', tx: 't', participants: ['a'], idempotency: { key: '' } })],
    ['a result without its key', bytesOf({ type: 'Commit', tx: 't', participants: ['a'], idempotency: { result: '1' } })],
    ['an unknown type', bytesOf({ type: 'Perhaps', tx: 't' })],
    ['a missing field', bytesOf({ type: 'Commit', tx: 't' })],
    ['a field too many', bytesOf({ type: 'End', tx: 't', more: 1 })],
    ['a commit of nobody', bytesOf({ type: 'Commit', tx: 't', participants: [] })],
    ['an epoch before the first', bytesOf({ type: 'Epoch', epoch: 0, owner: 'o' })],
    ['a name with a space', bytesOf({ type: 'End', tx: 'a b' })],
    ['a record of the other kind of log', bytesOf({ type: 'Committed', tx: 't' })],
    ['text that is not JSON', new TextEncoder().encode('{"type":"End"')],
    ['bytes that are not UTF-8', Uint8Array.of(0x22, 0xff, 0x22)],
  ])('%s is refused', (_, bytes) => {
    expect(() => decodeCoordinatorRecord(bytes)).toThrow();
  });
});

describe('names', () => {
  it.each([
    ['ParticipantName', ParticipantName, 48],
    ['CoordinatorName', CoordinatorName, 48],
    ['TransactionId', TransactionId, 64],
  ])('%s holds up to its bound and no character that a store could misread', (_, schema, bound) => {
    expect(schema.safeParse('a'.repeat(bound)).success).toBe(true);
    expect(schema.safeParse('a'.repeat(bound + 1)).success).toBe(false);
    for (const bad of ['', 'a b', 'a:b', "a'b", 'a\n', 'ä']) expect(schema.safeParse(bad).success, JSON.stringify(bad)).toBe(false);
  });

  it('a message needs a known type and both names', () => {
    expect(Message.safeParse({ type: 'Prepare', tx: 't', participant: 'p' }).success).toBe(true);
    expect(Message.safeParse({ type: 'Maybe', tx: 't', participant: 'p' }).success).toBe(false);
    expect(Message.safeParse({ type: 'Prepare', tx: 't' }).success).toBe(false);
  });
});
