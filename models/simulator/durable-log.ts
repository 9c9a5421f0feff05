/**
 * A second reader of log files, which shares nothing with the one in src/log but the format that is written there: what it finds
 * in the bytes that are on stable storage is what the oracles take for true.
 */
import { crc32 } from 'node:zlib';

const HEADER_BYTES = 16;
const OVERHEAD_BYTES = 24;

/** A record as it stands in the log: `tx` and `type` of it are all that the oracles ask for, `payload` aside. */
export interface DurableRecord {
  readonly type: string;
  readonly tx?: string;
  readonly participants?: readonly string[];
  readonly payload?: { readonly writes?: readonly (readonly [string, string | null])[] };
}

/** The records of one log that are on stable storage. */
export class DurableLog {
  readonly #texts: string[] = [];
  #end = HEADER_BYTES;

  /** The records that have become durable since the last call. */
  advance(bytes: Uint8Array): DurableRecord[] {
    const found: DurableRecord[] = [];
    for (let next = frameAt(bytes, this.#end, this.#texts.length + 1); next; next = frameAt(bytes, this.#end, this.#texts.length + 1)) {
      this.#texts.push(next.text);
      this.#end = next.end;
      found.push(JSON.parse(next.text));
    }
    return found;
  }

  /** Whether every record that was durable before still is. */
  isKept(bytes: Uint8Array): boolean {
    let end = HEADER_BYTES;
    return this.#texts.every((text, index) => {
      const frame = frameAt(bytes, end, index + 1);
      end = frame?.end ?? end;
      return frame?.text === text;
    });
  }

  get records(): readonly DurableRecord[] {
    return this.#texts.map((text) => JSON.parse(text));
  }
}

function frameAt(bytes: Uint8Array, offset: number, sequence: number): { readonly text: string; readonly end: number } | undefined {
  if (bytes.length < offset + OVERHEAD_BYTES) return undefined;
  const frame = Buffer.from(bytes.buffer, bytes.byteOffset + offset, bytes.length - offset);
  const length = frame.readUInt32LE(0);
  const end = OVERHEAD_BYTES + length;
  if (length === 0 || end > frame.length || frame.readBigUInt64LE(8) !== BigInt(sequence)) return undefined;
  if (frame.readUInt32LE(4) !== crc32(frame.subarray(8, end), crc32(frame.subarray(0, 4)))) return undefined;
  return { text: frame.toString('utf8', OVERHEAD_BYTES, end), end: offset + end };
}
