/** What a caller can do about an error: try the whole transaction again, give up, or ask later. */
export type ErrorKind = 'retryable' | 'terminal' | 'inDoubt';

/**
 * The base of every error that Crossbound throws on purpose. `code` is stable and meant for programs; `message` is meant
 * for people and says what to do.
 */
export class CrossboundError extends Error {
  override readonly name: string = 'CrossboundError';
  readonly code: string;
  readonly kind: ErrorKind;

  constructor(code: string, kind: ErrorKind, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
    this.kind = kind;
  }
}

/** The transaction was rolled back everywhere, for the reason in `code` and `cause`; nothing of it remains. */
export class TransactionAbortedError extends CrossboundError {
  override readonly name = 'TransactionAbortedError';
  readonly transaction: string;

  constructor(transaction: string, code: string, kind: 'retryable' | 'terminal', message: string, options?: { cause?: unknown }) {
    super(code, kind, message, options);
    this.transaction = transaction;
  }
}

/** The outcome could not be learned here. It is decided, or will be, by recovery; ask `outcome(transaction)` later. */
export class InDoubtError extends CrossboundError {
  override readonly name = 'InDoubtError';
  readonly transaction: string;

  constructor(transaction: string, message: string, options?: { cause?: unknown }) {
    super('IN_DOUBT', 'inDoubt', message, options);
    this.transaction = transaction;
  }
}

/** A participant's definite *no*: it did not prepare and holds nothing of the transaction. */
export class PrepareRefusedError extends CrossboundError {
  override readonly name = 'PrepareRefusedError';

  constructor(message: string, options?: { cause?: unknown; kind?: 'retryable' | 'terminal' }) {
    super('PREPARE_REFUSED', options?.kind ?? 'terminal', message, options);
  }
}

/** Another live process holds the directory. */
export class LockedError extends CrossboundError {
  override readonly name = 'LockedError';

  constructor(message: string, options?: { cause?: unknown }) {
    super('LOCKED', 'terminal', message, options);
  }
}

/** This process is no longer the owner of the log: a newer epoch, or a head that it does not know, was found. */
export class FencedError extends CrossboundError {
  override readonly name = 'FencedError';

  constructor(message: string, options?: { cause?: unknown }) {
    super('FENCED', 'terminal', message, options);
  }
}

/** A log holds bytes that no crash can explain: damage in the middle, or a newer format. Nothing was changed. */
export class LogCorruptError extends CrossboundError {
  override readonly name = 'LogCorruptError';
  readonly path: string;
  /** Where the damage begins, in bytes from the start of the file. */
  readonly offset: number;

  constructor(path: string, offset: number, message: string) {
    super('LOG_CORRUPT', 'terminal', message);
    this.path = path;
    this.offset = offset;
  }
}

/** Bytes, or JSON, are no event that this version reads. What they were read from is unchanged. */
export class EventFormatError extends CrossboundError {
  override readonly name = 'EventFormatError';
  /** Where the first fault is, in bytes from the start of the event; absent for JSON, where the message names the field. */
  readonly offset: number | undefined;
  /** The version that the event says it has, where it could be read. */
  readonly version: number | undefined;

  constructor(
    code: 'EVENT_MALFORMED' | 'EVENT_TOO_NEW',
    message: string,
    details: { offset?: number; version?: number | undefined; cause?: unknown } = {},
  ) {
    super(code, 'terminal', message, details.cause === undefined ? undefined : { cause: details.cause });
    this.offset = details.offset;
    this.version = details.version;
  }
}

/** A log could not be written or flushed; it takes no more records until it is opened again and recovered. */
export class LogPoisonedError extends CrossboundError {
  override readonly name = 'LogPoisonedError';

  constructor(message: string, options?: { cause?: unknown }) {
    super('LOG_POISONED', 'inDoubt', message, options);
  }
}

/** A configuration or an input did not parse; the message names the field or the line. */
export class InvalidInputError extends CrossboundError {
  override readonly name = 'InvalidInputError';

  constructor(message: string, options?: { cause?: unknown }) {
    super('INVALID_INPUT', 'terminal', message, options);
  }
}
