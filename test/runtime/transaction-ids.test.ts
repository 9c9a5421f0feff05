/** Method: the identifiers of several owners of one log, of one that lost its log, and of a stranger, side by side. */
import { expect, it } from 'vitest';
import { TransactionId } from '../../src/protocol/identifiers.ts';
import { earlierPrefixes, newIncarnation, TransactionIds, transactionPrefix } from '../../src/runtime/transaction-ids.ts';

const digits = (byte: number) => newIncarnation(new Uint8Array(6).fill(byte));
const idsOf = (epoch: number, byte: number) => new TransactionIds(transactionPrefix(epoch, digits(byte)), []);

it('no two owners make the same identifier, also when the epochs of a lost log begin anew', () => {
  const owners = [idsOf(1, 1), idsOf(2, 1), idsOf(1, 2)];
  const made = owners.flatMap((ids) => [ids.next(), ids.next(), ids.next()]);
  expect(new Set(made).size).toBe(9);
  for (const id of made) expect(TransactionId.parse(id)).toBe(id);
});

it('the longest identifier is one', () => {
  const ids = idsOf(Number.MAX_SAFE_INTEGER, 255);
  expect(TransactionId.parse(`${ids.next()}${'0'.repeat(15)}`)).toBeDefined();
});

it('an identifier is older when an earlier epoch of this very log made it', () => {
  const records = [
    { type: 'Epoch' as const, epoch: 9, owner: 'o', incarnation: digits(1) },
    { type: 'Epoch' as const, epoch: 10, owner: 'o', incarnation: digits(2) },
  ];
  const second = new TransactionIds(transactionPrefix(10, digits(2)), earlierPrefixes(records, 10));
  expect(second.isOlder(idsOf(9, 1).next())).toBe(true);
  expect(second.isOlder(second.next())).toBe(false);
  expect(second.isOlder(idsOf(9, 3).next())).toBe(false);
  expect(second.isOlder(idsOf(11, 1).next())).toBe(false);
  expect(second.isOlder('somebody-else')).toBe(false);
});
