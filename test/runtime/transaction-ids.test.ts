/** Method: the identifiers of several owners of one log, and of one that lost its log, side by side. */
import { expect, it } from 'vitest';
import { TransactionId } from '../../src/protocol/identifiers.ts';
import { TransactionIds } from '../../src/runtime/transaction-ids.ts';

const random = (byte: number) => new Uint8Array(6).fill(byte);

it('no two owners make the same identifier, also when the epochs of a lost log begin anew', () => {
  const owners = [new TransactionIds(1, random(1)), new TransactionIds(2, random(1)), new TransactionIds(1, random(2))];
  const made = owners.flatMap((ids) => [ids.next(), ids.next(), ids.next()]);
  expect(new Set(made).size).toBe(9);
  for (const id of made) expect(TransactionId.parse(id)).toBe(id);
});

it('the longest identifier is one', () => {
  const ids = new TransactionIds(Number.MAX_SAFE_INTEGER, random(255));
  expect(TransactionId.parse(`${ids.next()}${'0'.repeat(15)}`)).toBeDefined();
});

it('an identifier is older when an earlier epoch made it', () => {
  const [first, second] = [new TransactionIds(9, random(1)), new TransactionIds(10, random(2))];
  expect([second.isOlder(first.next()), second.isOlder(second.next()), first.isOlder(second.next())]).toEqual([true, false, false]);
  expect(second.isOlder('somebody-else')).toBe(false);
});
