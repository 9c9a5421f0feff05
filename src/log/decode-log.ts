import { LogCorruptError } from '../protocol/errors.ts';
import { scanLog } from './frame.ts';

/** What a log file holds. */
export interface DecodedLog<Record> {
  /** In the order of their appends; the position of a record is its index plus one. */
  readonly records: readonly Record[];
  /** Bytes that hold `records`; what follows is a torn tail. 0: the file has no whole header yet. */
  readonly validLength: number;
  /** Bytes that were certainly flushed before the crash; never more than `validLength`. */
  readonly confirmedLength: number;
  readonly tail: 'clean' | 'torn';
}

/**
 * Recovers a log from its raw bytes: the one function between a crash and the records, in production and in the
 * simulator. `read` is called once a record, in order.
 *
 * @param path - names the log in errors.
 * @throws LogCorruptError when confirmed bytes are damaged, the format is newer, or `read` throws.
 */
export function decodeLog<Record>(bytes: Uint8Array, path: string, read: (payload: Uint8Array) => Record): DecodedLog<Record> {
  const scan = scanLog(bytes);
  if (scan.tail === 'corrupt') throw corrupt(path, scan.offset, scan.reason);
  const records = scan.payloads.map((payload, index) => {
    try {
      return read(payload);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw corrupt(path, payload.byteOffset - bytes.byteOffset, `record ${index + 1} is whole but makes no sense here (${why})`);
    }
  });
  return { records, validLength: scan.validLength, confirmedLength: scan.confirmedLength, tail: scan.tail };
}

function corrupt(path: string, offset: number, reason: string): LogCorruptError {
  return new LogCorruptError(
    path,
    offset,
    `Cannot open the log ${path}: at byte ${offset}, ${reason}. Nothing was changed. No crash explains this: keep a copy of the file, check the disk, and restore the file from a backup.`,
  );
}
