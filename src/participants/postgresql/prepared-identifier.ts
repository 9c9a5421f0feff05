import { CoordinatorName, ParticipantName, TransactionId } from '../../protocol/identifiers.ts';

/** The version is part of it, so that a later format can tell its own from these. */
const MARK = 'crossbound:1:';

/** PostgreSQL's GIDSIZE of 200 counts the byte that ends the text. */
export const MAX_IDENTIFIER_BYTES = 199;

/**
 * The start of the identifiers of all prepared transactions of one coordinator in one participant. It ends with the
 * separator, which no name may contain: that of `bank` is not the start of one of `bank2`.
 */
export function identifierPrefix(coordinator: CoordinatorName, participant: ParticipantName): string {
  return `${MARK}${CoordinatorName.parse(coordinator)}:${ParticipantName.parse(participant)}:`;
}

/**
 * The identifier that `PREPARE TRANSACTION` gets: `crossbound:1:<coordinator>:<participant>:<transaction>`. At most 175
 * bytes, all of them letters, digits and `_ . - :`, so that it needs no quoting but quotes.
 */
export function preparedIdentifier(prefix: string, transaction: TransactionId): string {
  return prefix + TransactionId.parse(transaction);
}

/** The transaction that an identifier stands for; `undefined` where it is not one of `prefix`. */
export function transactionOf(prefix: string, identifier: string): TransactionId | undefined {
  if (!identifier.startsWith(prefix)) return undefined;
  return TransactionId.safeParse(identifier.slice(prefix.length)).data;
}
