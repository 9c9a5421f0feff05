import { z } from 'zod';

/**
 * The bounds come from the narrowest store: PostgreSQL takes at most 199 bytes for the identifier of a prepared
 * transaction, which holds a coordinator's name, a participant's name and a transaction, with separators between.
 */
export const MAX_NAME_LENGTH = 48;
export const MAX_TRANSACTION_LENGTH = 64;

export const NAME_PATTERN = identifierPattern(MAX_NAME_LENGTH);
export const TRANSACTION_PATTERN = identifierPattern(MAX_TRANSACTION_LENGTH);

const nameText = z.string().regex(NAME_PATTERN, identifierRule(MAX_NAME_LENGTH));

/** The name of one participant, unique among the participants of a coordinator. */
export const ParticipantName = nameText;
export type ParticipantName = z.infer<typeof ParticipantName>;

/** The name of a coordinator: it marks the branches that are its own in every store. */
export const CoordinatorName = nameText;
export type CoordinatorName = z.infer<typeof CoordinatorName>;

/** Names one transaction for ever: it is never used again, also not after a restart. */
export const TransactionId = z.string().regex(TRANSACTION_PATTERN, identifierRule(MAX_TRANSACTION_LENGTH));
export type TransactionId = z.infer<typeof TransactionId>;

/** It is in the record of its commit, and so must be short. */
const MAX_IDEMPOTENCY_KEY_LENGTH = 200;

/** What a client names one piece of work by, so that it is done once however often it is asked for. */
export const IdempotencyKey = z
  .string({ error: 'expected a text' })
  .min(1, { error: 'expected a text that is not empty' })
  .max(MAX_IDEMPOTENCY_KEY_LENGTH, { error: `expected at most ${MAX_IDEMPOTENCY_KEY_LENGTH} characters` });
export type IdempotencyKey = z.infer<typeof IdempotencyKey>;

/** Where events come from: a coordinator, a participant, or a program of yours. */
export const OriginName = nameText;
export type OriginName = z.infer<typeof OriginName>;

/** The characters that every store and every file name can hold, up to `maxLength` of them. */
export function identifierPattern(maxLength: number): RegExp {
  return new RegExp(`^[A-Za-z0-9_.-]{1,${maxLength}}$`);
}

/** Says {@link identifierPattern} in words. */
export function identifierRule(maxLength: number): string {
  return `must be 1 to ${maxLength} letters, digits, '_', '.' or '-'`;
}
