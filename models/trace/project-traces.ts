import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { InvalidInputError } from '../../src/protocol/errors.ts';
import { parseTraceRecord, projectRun, type RecordedTransaction, type TraceRecord } from '../../src/protocol/recorded-run.ts';

/** A recorded run, ready for `validateTraces`. */
export interface RecordedRun {
  /** Every transaction with the crashes that it lived through. */
  readonly transactions: readonly RecordedTransaction[];
  /** Steps that were recorded. */
  readonly records: number;
}

/**
 * Reads the record of a run from its trace files, one for each incarnation of the coordinator, in order. A last line without an end is
 * what a kill has torn: its step took no effect, and it is left out.
 *
 * The crash of a process is in the file of the next one: it takes the coordinator and the branches that it drove down
 * together, and the next start says in which state each was found.
 *
 * @throws InvalidInputError that names file and line of a record that is none, or a transaction whose beginning is missing.
 */
export async function readRecordedRun(files: readonly string[]): Promise<RecordedRun> {
  const records: TraceRecord[] = [];
  for (const file of files) for await (const record of readRecords(file)) records.push(record);
  const { transactions, withoutBegin } = projectRun(records);
  const [lost] = withoutBegin;
  if (lost !== undefined) {
    throw new InvalidInputError(
      `The record of the run is not complete: it has steps of ${lost}, and not its begin. Give all of its files.`,
    );
  }
  return { transactions, records: records.length };
}

async function* readRecords(file: string): AsyncGenerator<TraceRecord> {
  const lines = createInterface({ input: createReadStream(file), crlfDelay: Number.POSITIVE_INFINITY });
  let held: { text: string; number: number } | undefined;
  let number = 0;
  for await (const text of lines) {
    if (held !== undefined) yield parseLine(file, held);
    number += 1;
    held = { text, number };
  }
  if (held === undefined) return;
  const last = lastRecord(held.text);
  if (last !== undefined) yield last;
}

function parseLine(file: string, { text, number }: { text: string; number: number }): TraceRecord {
  try {
    return parseTraceRecord(JSON.parse(text));
  } catch (cause) {
    throw new InvalidInputError(`${file}, line ${number} is no record of a run: ${text.slice(0, 80)}`, { cause });
  }
}

/** Nothing where the line is torn. */
function lastRecord(text: string): TraceRecord | undefined {
  try {
    return parseTraceRecord(JSON.parse(text));
  } catch {
    return undefined;
  }
}
