import { z } from 'zod';
import { EventFormatError } from './errors.ts';
import { EventEnvelope } from './event-envelope.ts';
import { EVENT_VERSION, tooNew } from './event-version.ts';

/** Of one payload there is one text: no white space, and no bits beyond the last byte. */
const Base64 = z.base64().refine((text) => Buffer.from(text, 'base64').toString('base64') === text, 'must be canonical base64');

/** An event as JSON: the envelope with its version, and the payload's bytes under the name of their encoding. */
export const EventJson = EventEnvelope.extend({
  version: z.literal(EVENT_VERSION),
  payload: z.strictObject({ base64: Base64 }),
});
/** What {@link eventToJson} gives. */
export type EventJson = z.infer<typeof EventJson>;

const Versioned = z.looseObject({ version: z.int().min(1) });

/** The JSON form of an event, for `JSON.stringify`. */
export function eventToJson(event: EventEnvelope): EventJson {
  const { buffer, byteOffset, byteLength } = event.payload;
  return { version: EVENT_VERSION, ...event, payload: { base64: Buffer.from(buffer, byteOffset, byteLength).toString('base64') } };
}

/**
 * Reads what {@link eventToJson} gave, after `JSON.parse`.
 *
 * @throws EventFormatError whose message names each field at fault, or the version where it is newer than this code.
 */
export function eventFromJson(value: unknown): EventEnvelope {
  const { version } = parsed(Versioned, value);
  if (version > EVENT_VERSION) throw tooNew(version);
  const { version: _read, payload, ...event } = parsed(EventJson, value, version);
  return withPayload(event, payload.base64);
}

function withPayload(event: Omit<EventEnvelope, 'payload'>, base64: string): EventEnvelope {
  const payload = new Uint8Array(Buffer.from(base64, 'base64'));
  return parsed(EventEnvelope, { ...event, payload });
}

function parsed<Value>(schema: z.ZodType<Value>, value: unknown, version?: number): Value {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new EventFormatError('EVENT_MALFORMED', `The JSON is no event:\n${z.prettifyError(result.error)}`, {
    version,
    cause: result.error,
  });
}
