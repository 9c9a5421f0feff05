import { z } from 'zod';

/**
 * The bounds come from the narrowest store: PostgreSQL takes at most 199 bytes for the identifier of a prepared
 * transaction, which holds a coordinator's name, a participant's name and a transaction, with separators between.
 */
export const MAX_NAME_LENGTH = 48;
export const MAX_TRANSACTION_LENGTH = 64;

const nameText = z
  .string()
  .regex(new RegExp(`^[A-Za-z0-9_.-]{1,${MAX_NAME_LENGTH}}$`), `must be 1 to ${MAX_NAME_LENGTH} letters, digits, '_', '.' or '-'`);

/** The name of one participant, unique among the participants of a coordinator. */
export const ParticipantName = nameText;
export type ParticipantName = z.infer<typeof ParticipantName>;

/** The name of a coordinator: it marks the branches that are its own in every store. */
export const CoordinatorName = nameText;
export type CoordinatorName = z.infer<typeof CoordinatorName>;

/** Names one transaction for ever: it is never used again, also not after a restart. */
export const TransactionId = z
  .string()
  .regex(
    new RegExp(`^[A-Za-z0-9_.-]{1,${MAX_TRANSACTION_LENGTH}}$`),
    `must be 1 to ${MAX_TRANSACTION_LENGTH} letters, digits, '_', '.' or '-'`,
  );
export type TransactionId = z.infer<typeof TransactionId>;

/** It is in the record of its commit, and so must be short. */
const MAX_IDEMPOTENCY_KEY_LENGTH = 200;

/** What a client names one piece of work by, so that it is done once however often it is asked for. */
export const IdempotencyKey = z
  .string({ error: 'expected a text' })
  .min(1, { error: 'expected a text that is not empty' })
  .max(MAX_IDEMPOTENCY_KEY_LENGTH, { error: `expected at most ${MAX_IDEMPOTENCY_KEY_LENGTH} characters` });
export type IdempotencyKey = z.infer<typeof IdempotencyKey>;
