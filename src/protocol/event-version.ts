import { EventFormatError } from './errors.ts';

/** The format that events are written in, as bytes and as JSON. This code reads it and every one before it. */
export const EVENT_VERSION = 1;

/** An older reader that guessed at a newer event would act on half of it. */
export function tooNew(version: number, offset?: number): EventFormatError {
  return new EventFormatError(
    'EVENT_TOO_NEW',
    `The event has format ${version}, and this version of Crossbound reads up to ${EVENT_VERSION}. Use the version that wrote it, or a newer one.`,
    { version, ...(offset === undefined ? {} : { offset }) },
  );
}
