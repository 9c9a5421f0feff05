/**
 * One log file on a disk that does what disks may do: keep of the unflushed bytes any prefix, cut anywhere. The bytes are
 * those of the production codec; beside them the disk remembers what was appended, which is what the spec speaks of.
 */
import { encodeFrames, encodeHeader } from '../../src/log/frame.ts';
import { type CoordinatorRecord, encodeRecord, type ParticipantRecord } from '../../src/protocol/log-record.ts';

export type AnyRecord = CoordinatorRecord | ParticipantRecord;

interface Appended<LogRecord> {
  readonly record: LogRecord;
  readonly frame: Uint8Array;
}

/** Immutable: each operation gives another disk. */
export interface SimulatedDisk<LogRecord extends AnyRecord = AnyRecord> {
  /** What a reader finds after a crash. */
  readonly bytes: Uint8Array;
  /** The records in `bytes`, oldest first. */
  readonly durable: readonly LogRecord[];
  /** Appended and not flushed, oldest first. */
  readonly tail: readonly Appended<LogRecord>[];
}

export function emptyDisk<LogRecord extends AnyRecord>(): SimulatedDisk<LogRecord> {
  return { bytes: encodeHeader(), durable: [], tail: [] };
}

export function append<LogRecord extends AnyRecord>(disk: SimulatedDisk<LogRecord>, record: LogRecord): SimulatedDisk<LogRecord> {
  const sequence = disk.durable.length + disk.tail.length + 1;
  // 0 confirms nothing, as a writer may that has not heard of a flush: one history of bytes for each order of records.
  const frame = encodeFrames([encodeRecord(record)], sequence, 0);
  return { ...disk, tail: [...disk.tail, { record, frame }] };
}

/** The last record was only announced, and never written. */
export function withdraw<LogRecord extends AnyRecord>(disk: SimulatedDisk<LogRecord>): SimulatedDisk<LogRecord> {
  return { ...disk, tail: disk.tail.slice(0, -1) };
}

/** The first `count` unflushed records become durable. */
export function flush<LogRecord extends AnyRecord>(disk: SimulatedDisk<LogRecord>, count: number): SimulatedDisk<LogRecord> {
  const flushed = disk.tail.slice(0, count);
  return {
    bytes: concatenate([disk.bytes, ...flushed.map(({ frame }) => frame)]),
    durable: [...disk.durable, ...flushed.map(({ record }) => record)],
    tail: disk.tail.slice(count),
  };
}

/**
 * The disks that a crash may leave when the first `count` unflushed records survive: cut clean, and cut inside the next record.
 */
export function crash<LogRecord extends AnyRecord>(disk: SimulatedDisk<LogRecord>, count: number): SimulatedDisk<LogRecord>[] {
  const clean = { ...flush(disk, count), tail: [] };
  const next = disk.tail[count]?.frame;
  if (next === undefined) return [clean];
  return [clean, { ...clean, bytes: concatenate([clean.bytes, next.subarray(0, next.length >> 1)]) }];
}

/** What opening a log does to a torn tail. */
export function cut<LogRecord extends AnyRecord>(disk: SimulatedDisk<LogRecord>, validLength: number): SimulatedDisk<LogRecord> {
  return { ...disk, bytes: disk.bytes.subarray(0, validLength) };
}

function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}
