// Method: one event of each shape, and each shape broken in one way.
import { expect, test } from 'vitest';
import { TraceEvent } from '../../src/protocol/trace-event.ts';

test.each([
  { action: 'RequestCommit' },
  { action: 'ReceiveYes', rm: 'left' },
  { action: 'FlushCoordinator', record: 'Commit' },
  { action: 'FlushParticipant', rm: 'left', record: 'Prepared' },
  { action: 'RecoverCoordinator', state: 'forgotten' },
  { action: 'RecoverParticipant', rm: 'left', state: 'unprepared' },
  { action: 'Answer', outcome: 'committed' },
])('$action is an event of a trace', (event) => {
  expect(TraceEvent.parse(event)).toEqual(event);
});

test.each([
  ['an action that the spec does not have', { action: 'Forget' }],
  ['a participant step without its participant', { action: 'ReceiveYes' }],
  ['a coordinator step with a participant', { action: 'RequestCommit', rm: 'left' }],
  ['a record that the coordinator does not write', { action: 'FlushCoordinator', record: 'Abort' }],
  ['an answer without its outcome', { action: 'Answer' }],
])('%s is refused', (_what, event) => {
  expect(TraceEvent.safeParse(event).success).toBe(false);
});
