/** Method: files written as recorders write them, and as crashes leave them. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readRecordedRun } from '../../../models/trace/project-traces.ts';

let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'crossbound-record-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

const begin = { seq: 1, at: 0, tx: 'e1-a-1', action: 'Begin', participants: ['left', 'right'] };
const request = { seq: 2, at: 0, tx: 'e1-a-1', action: 'RequestCommit' };
const crash = { seq: 1, at: 1, action: 'CrashCoordinator' };
const recover = { seq: 2, at: 1, action: 'RecoverCoordinator', state: 'forgotten' };
const vote = { seq: 3, at: 1, tx: 'e1-a-1', action: 'ReceiveYes', rm: 'left' };

function file(name: string, records: readonly object[], end = '\n'): string {
  const path = join(directory, name);
  writeFileSync(path, records.map((record) => JSON.stringify(record)).join('\n') + end);
  return path;
}

describe('the record of a run', () => {
  it('is put together from the files of all incarnations, with the crash between them', async () => {
    const { transactions, records } = await readRecordedRun([file('1', [begin, request]), file('2', [crash, recover, vote])]);
    expect(records).toBe(5);
    expect(transactions).toEqual([
      {
        tx: 'e1-a-1',
        participants: ['left', 'right'],
        events: [
          { action: 'RequestCommit' },
          { action: 'CrashCoordinator' },
          { action: 'RecoverCoordinator', state: 'forgotten' },
          { action: 'ReceiveYes', rm: 'left' },
        ],
      },
    ]);
  });

  it('is without the line that a kill has torn, and without lines where the kill came first', async () => {
    const torn = file('1', [begin, request], '\n{"seq":3,"at":0,"tx":"e1-a-1","act');
    expect((await readRecordedRun([torn, file('2', [], '')])).records).toBe(2);
  });

  it('is refused with its line where there is damage before the end', async () => {
    const damaged = file('1', [begin, { ...request, action: 'Guess' }, vote]);
    await expect(readRecordedRun([damaged])).rejects.toThrow(/1, line 2 is no record/);
  });

  it('is refused where a file is missing', async () => {
    await expect(readRecordedRun([file('2', [crash, recover, vote])])).rejects.toThrow(/not complete: it has steps of e1-a-1/);
  });
});
