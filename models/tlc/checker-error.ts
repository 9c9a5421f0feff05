import { CrossboundError } from '../../src/protocol/errors.ts';

/** What is missing or wrong, for programs. */
export type CheckerErrorCode =
  | 'TLC_NOT_FOUND'
  | 'JAR_MISSING'
  | 'JAR_CORRUPT'
  | 'JAR_CHECKSUM'
  | 'CACHE_UNWRITABLE'
  | 'JAVA_MISSING'
  | 'JAVA_TOO_OLD'
  | 'DISK_FULL';

/** A checker could not be had or started. The message says what to do. */
export class CheckerError extends CrossboundError {
  override readonly name = 'CheckerError';

  constructor(code: CheckerErrorCode, message: string, options?: { cause?: unknown }) {
    super(code, 'terminal', message, options);
  }
}
