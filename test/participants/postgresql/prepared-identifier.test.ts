/** Method: names and transactions drawn by fast-check, and identifiers that differ from a right one by a little. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  identifierPrefix,
  MAX_IDENTIFIER_BYTES,
  preparedIdentifier,
  transactionOf,
} from '../../../src/participants/postgresql/prepared-identifier.ts';
import { MAX_NAME_LENGTH, MAX_TRANSACTION_LENGTH } from '../../../src/protocol/identifiers.ts';

const characters = [...'ABCXYZabcxyz0189_.-'];
const text = (maxLength: number) => fc.string({ unit: fc.constantFrom(...characters), minLength: 1, maxLength });
const name = text(MAX_NAME_LENGTH);
const branch = fc.record({ coordinator: name, participant: name, transaction: text(MAX_TRANSACTION_LENGTH) });

describe('the identifier of a prepared transaction', () => {
  it('gives back the transaction to its coordinator and participant', () => {
    fc.assert(
      fc.property(branch, ({ coordinator, participant, transaction }) => {
        const prefix = identifierPrefix(coordinator, participant);
        expect(transactionOf(prefix, preparedIdentifier(prefix, transaction))).toBe(transaction);
      }),
    );
  });

  it('gives nothing to anybody else', () => {
    fc.assert(
      fc.property(branch, branch, (own, other) => {
        fc.pre(own.coordinator !== other.coordinator || own.participant !== other.participant);
        const identifier = preparedIdentifier(identifierPrefix(own.coordinator, own.participant), own.transaction);
        expect(transactionOf(identifierPrefix(other.coordinator, other.participant), identifier)).toBeUndefined();
      }),
    );
  });

  it('is of one branch only, also where the same letters are divided otherwise between the names', () => {
    const letters = fc.string({ unit: fc.constantFrom('a', '.', '-'), minLength: 4, maxLength: 8 });
    const cuts = fc.constantFrom<[number, number]>([1, 2], [1, 3], [2, 3]);
    const divided = ([first, second]: [number, number], all: string) =>
      preparedIdentifier(identifierPrefix(all.slice(0, first), all.slice(first, second)), all.slice(second));
    fc.assert(
      fc.property(letters, cuts, cuts, (all, here, there) => {
        fc.pre(here !== there);
        expect(divided(here, all)).not.toBe(divided(there, all));
      }),
    );
    expect(preparedIdentifier(identifierPrefix('c', 'bank'), '2x')).not.toBe(preparedIdentifier(identifierPrefix('c', 'bank2'), 'x'));
  });

  it('fits into what PostgreSQL takes, and needs no escape, at the greatest lengths too', () => {
    const longest = preparedIdentifier(
      identifierPrefix('c'.repeat(MAX_NAME_LENGTH), 'p'.repeat(MAX_NAME_LENGTH)),
      't'.repeat(MAX_TRANSACTION_LENGTH),
    );
    expect(longest.length).toBeLessThanOrEqual(MAX_IDENTIFIER_BYTES);
    fc.assert(
      fc.property(branch, ({ coordinator, participant, transaction }) => {
        expect(preparedIdentifier(identifierPrefix(coordinator, participant), transaction)).toMatch(/^[A-Za-z0-9_.:-]+$/);
      }),
    );
  });

  it('is not made of what could leave the quotes or pass for a separator', () => {
    const prefix = identifierPrefix('c', 'p');
    for (const odd of ["a'b", 'a:b', 'a b', '', 'ä', 'a\0', 'a\\', '\n']) {
      expect(() => preparedIdentifier(prefix, odd)).toThrow();
      expect(() => identifierPrefix(odd, 'p')).toThrow();
      expect(() => identifierPrefix('c', odd)).toThrow();
      expect(transactionOf(prefix, prefix + odd)).toBeUndefined();
    }
  });
});
