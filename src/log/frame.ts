/**
 * The bytes of a log file. Pure: bytes in, payloads or a verdict out; production recovery and the simulator share it.
 *
 *     file   = header frame*
 *     header = magic (8 bytes), format version (u32), CRC-32 of the twelve bytes before it (u32)
 *     frame  = length (u32), CRC-32 (u32), sequence (u64), confirmed (u64), payload (`length` bytes)
 *
 * All integers are little-endian. A frame's CRC covers everything of it but the CRC itself. Sequences are 1, 2, 3, ...
 * `confirmed` is the last sequence that was known to be on stable storage when the frame was written.
 *
 * Invariants of {@link scanLog}, cited by the tests:
 *
 * 1. What is recovered is a prefix of what was written.
 * 2. Damage that a crash explains, a tail that was written but never confirmed, is cut (`torn`). A crash may keep later
 *    blocks of such a tail and lose earlier ones, so frames of the same unconfirmed tail may follow the damage.
 * 3. Damage before the end of what was confirmed is never skipped and never cut (`corrupt`). A later frame proves where
 *    that end was; damage in the last batch, which no later frame vouches for, looks like a torn tail and is cut.
 * 4. A newer format, or a file that is no log, is refused (`corrupt`) and named as such.
 */
import { crc32 } from 'node:zlib';

/** The newest format that this code reads and the one that it writes. */
export const FORMAT_VERSION = 1;
export const HEADER_BYTES = 16;
export const FRAME_OVERHEAD_BYTES = 24;
/** Bounds the memory that one record takes, and how far a damaged length can lead the scan astray. */
export const MAX_PAYLOAD_BYTES = 8 * 1024 * 1024;

const MAGIC = new TextEncoder().encode('XBNDLOG\n');
const TWO_TO_32 = 2 ** 32;

/** The verdict on a log file. */
export type LogScan =
  | {
      readonly tail: 'clean' | 'torn';
      /** Views into the scanned bytes; the first has sequence 1. */
      readonly payloads: readonly Uint8Array[];
      /** Bytes of header and good frames. 0: not even the header is whole, the file is to be started anew. */
      readonly validLength: number;
      /** Bytes of header and frames that were certainly flushed; those from here to `validLength` may be in the cache only. */
      readonly confirmedLength: number;
    }
  | { readonly tail: 'corrupt'; readonly offset: number; readonly reason: string };

/** The first bytes of every log file. */
export function encodeHeader(version: number = FORMAT_VERSION): Uint8Array {
  const header = new Uint8Array(HEADER_BYTES);
  header.set(MAGIC);
  const view = viewOf(header);
  view.setUint32(8, version, true);
  view.setUint32(12, crc32(header.subarray(0, 12)), true);
  return header;
}

/**
 * The frames of `payloads`, one after the other.
 *
 * @param firstSequence - the sequence of the first payload.
 * @param confirmed - the last sequence that is on stable storage; less than `firstSequence`.
 */
export function encodeFrames(payloads: readonly Uint8Array[], firstSequence: number, confirmed: number): Uint8Array {
  const size = payloads.reduce((sum, payload) => sum + FRAME_OVERHEAD_BYTES + payload.length, 0);
  const bytes = new Uint8Array(size);
  const view = viewOf(bytes);
  let offset = 0;
  for (const [index, payload] of payloads.entries()) {
    if (payload.length === 0 || payload.length > MAX_PAYLOAD_BYTES)
      throw new RangeError(`a record of ${payload.length} bytes has no frame`);
    const end = offset + FRAME_OVERHEAD_BYTES + payload.length;
    view.setUint32(offset, payload.length, true);
    setUint64(view, offset + 8, firstSequence + index);
    setUint64(view, offset + 16, confirmed);
    bytes.set(payload, offset + FRAME_OVERHEAD_BYTES);
    view.setUint32(offset + 4, checksum(bytes, offset, end), true);
    offset = end;
  }
  return bytes;
}

/** Reads a whole log file, as it was found after any crash. Never throws; see the invariants above. */
export function scanLog(bytes: Uint8Array): LogScan {
  if (bytes.length <= HEADER_BYTES && isTornHeader(bytes)) {
    return { tail: bytes.length === 0 ? 'clean' : 'torn', payloads: [], validLength: 0, confirmedLength: 0 };
  }
  const complaint = headerComplaint(bytes);
  if (complaint) return { tail: 'corrupt', offset: 0, reason: complaint };

  const payloads: Uint8Array[] = [];
  const ends = [HEADER_BYTES];
  let offset = HEADER_BYTES;
  let confirmed = 0;
  const view = viewOf(bytes);
  for (let frame = readFrame(bytes, view, offset); frame; frame = readFrame(bytes, view, offset)) {
    const expected = payloads.length + 1;
    if (frame.sequence !== expected || frame.confirmed < confirmed) {
      return { tail: 'corrupt', offset, reason: `record ${frame.sequence} stands where record ${expected} belongs` };
    }
    payloads.push(frame.payload);
    confirmed = frame.confirmed;
    offset = frame.end;
    ends.push(offset);
  }
  const confirmedLength = ends[confirmed] ?? HEADER_BYTES;
  if (offset === bytes.length) return { tail: 'clean', payloads, validLength: offset, confirmedLength };
  const witness = findConfirmation(bytes, offset + 1, payloads.length + 1);
  if (witness === undefined) return { tail: 'torn', payloads, validLength: offset, confirmedLength };
  return {
    tail: 'corrupt',
    offset,
    reason: `record ${payloads.length + 1} is damaged, and the record at byte ${witness} shows that it had been flushed`,
  };
}

interface Frame {
  readonly sequence: number;
  readonly confirmed: number;
  readonly payload: Uint8Array;
  readonly end: number;
}

/** The frame that begins at `offset`, or nothing when the bytes there are not a whole one. */
function readFrame(bytes: Uint8Array, view: DataView, offset: number): Frame | undefined {
  if (offset + FRAME_OVERHEAD_BYTES >= bytes.length) return undefined;
  const length = view.getUint32(offset, true);
  const end = offset + FRAME_OVERHEAD_BYTES + length;
  if (length === 0 || length > MAX_PAYLOAD_BYTES || end > bytes.length) return undefined;
  const sequence = getUint64(view, offset + 8);
  const confirmed = getUint64(view, offset + 16);
  if (confirmed >= sequence || view.getUint32(offset + 4, true) !== checksum(bytes, offset, end)) return undefined;
  return { sequence, confirmed, payload: bytes.subarray(offset + FRAME_OVERHEAD_BYTES, end), end };
}

/** Where, from `from` on, a good frame says that record `sequence` was on stable storage; frames may begin at any byte. */
function findConfirmation(bytes: Uint8Array, from: number, sequence: number): number | undefined {
  const view = viewOf(bytes);
  for (let offset = from; offset + FRAME_OVERHEAD_BYTES < bytes.length; offset += 1) {
    // The cheap question first: almost no byte position passes it.
    if (getUint64(view, offset + 16) < sequence) continue;
    if (readFrame(bytes, view, offset)) return offset;
  }
  return undefined;
}

/** A crash while the file was created: the header is forced before the first frame is written, so nothing can be lost. */
function isTornHeader(bytes: Uint8Array): boolean {
  const header = encodeHeader();
  const differs = bytes.findIndex((byte, index) => byte !== header[index]);
  if (differs === -1) return bytes.length < HEADER_BYTES;
  return bytes.subarray(differs).every((byte) => byte === 0);
}

function headerComplaint(bytes: Uint8Array): string | undefined {
  if (!MAGIC.every((byte, index) => byte === bytes[index])) return 'it is not a Crossbound log';
  if (bytes.length < HEADER_BYTES) return 'its header is damaged';
  const view = viewOf(bytes);
  if (view.getUint32(12, true) !== crc32(bytes.subarray(0, 12))) return 'its header is damaged';
  const version = view.getUint32(8, true);
  if (version > FORMAT_VERSION) {
    return `it has format ${version}, and this version of Crossbound reads up to ${FORMAT_VERSION}: use the version that wrote it, or a newer one`;
  }
  return version === 0 ? 'it has format 0, which never existed' : undefined;
}

function checksum(bytes: Uint8Array, start: number, end: number): number {
  return crc32(bytes.subarray(start + 8, end), crc32(bytes.subarray(start, start + 4)));
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function getUint64(view: DataView, offset: number): number {
  return view.getUint32(offset, true) + view.getUint32(offset + 4, true) * TWO_TO_32;
}

function setUint64(view: DataView, offset: number, value: number): void {
  view.setUint32(offset, value % TWO_TO_32, true);
  view.setUint32(offset + 4, Math.floor(value / TWO_TO_32), true);
}
