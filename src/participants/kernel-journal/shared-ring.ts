/**
 * Records from one thread to one other through shared memory: a ring of slots, one writer and one reader. Neither waits here, and
 * neither takes a lock, so that a thread which is terminated leaves none.
 *
 *     slot = position (u32), epoch (u32), CRC-32 (u32), rest (u32), payload
 *
 * All integers are little-endian. A record longer than a slot continues in the next ones; `rest` is how much of it there is from this slot on.
 * The CRC covers the slot's other numbers and its payload, as far as the record goes.
 *
 * Invariants, cited by the tests:
 *
 * 1. What is read is a prefix of what was written: whole records, each once, in order.
 * 2. What a thread that was terminated has written in part is never read. A slot counts once the tail is past it, which is moved
 *    after all else; and it must have the position, the epoch and the checksum that belong there.
 * 3. A full ring takes nothing: a slot is written again only after its reader has copied it and moved the head.
 * 4. A slot that is not what it must be is an error. It is not skipped, and nothing is read after it.
 */
import { crc32 } from 'node:zlib';
import { MAX_EVENT_BYTES } from '../../protocol/event-codec.ts';
import type { RingMemory } from './shared-memory.ts';

const SLOT_HEADER_BYTES = 16;

/** The reader found what no writer has put there. */
export class RingDamagedError extends Error {
  override readonly name = 'RingDamagedError';
}

/** The writing end of a ring; one thread has it. */
export class RingWriter {
  readonly #ring: RingMemory;
  readonly #slot: Uint8Array;
  readonly #view: DataView;

  constructor(ring: RingMemory) {
    this.#ring = ring;
    this.#slot = new Uint8Array(ring.slotBytes);
    this.#view = new DataView(this.#slot.buffer);
  }

  /**
   * Writes a record from byte `from` on, as far as there is room.
   *
   * @returns how many of its bytes are in the ring now: the `from` of the next call, until it is the length of the record.
   */
  write(record: Uint8Array, from = 0): number {
    if (record.length === 0 || record.length > MAX_EVENT_BYTES) throw new RangeError(`a record of ${record.length} bytes has no slot`);
    const { words, head, tail, slots } = this.#ring;
    const free = slots - unread(Atomics.load(words, head), Atomics.load(words, tail));
    let done = from;
    for (let slot = 0; slot < free && done < record.length; slot += 1) done = this.#writeSlot(record, done);
    return done;
  }

  #writeSlot(record: Uint8Array, from: number): number {
    const { words, tail, slots, slotBytes, epoch, bytes } = this.#ring;
    const position = Atomics.load(words, tail);
    const end = Math.min(record.length, from + slotBytes - SLOT_HEADER_BYTES);
    this.#view.setInt32(0, position, true);
    this.#view.setUint32(4, epoch, true);
    this.#view.setUint32(12, record.length - from, true);
    this.#slot.set(record.subarray(from, end), SLOT_HEADER_BYTES);
    const used = SLOT_HEADER_BYTES + end - from;
    this.#view.setUint32(8, checksum(this.#slot, used), true);
    bytes.set(this.#slot.subarray(0, used), (position & (slots - 1)) * slotBytes);
    // Only now does the slot count (invariant 2): what was written before is seen by whoever sees this.
    Atomics.store(words, tail, position + 1);
    return end;
  }
}

/** The reading end of a ring; one thread has it. */
export class RingReader {
  readonly #ring: RingMemory;
  readonly #slot: Uint8Array;
  readonly #view: DataView;
  #record: Uint8Array | undefined;
  #filled = 0;

  constructor(ring: RingMemory) {
    this.#ring = ring;
    this.#slot = new Uint8Array(ring.slotBytes);
    this.#view = new DataView(this.#slot.buffer);
  }

  /** Where the next slot is. It moves whenever there is room for the writer again, also in the middle of a record. */
  get position(): number {
    return Atomics.load(this.#ring.words, this.#ring.head);
  }

  /**
   * The next record, as a copy; nothing when it is not there yet, or not in whole. What is there of it is taken out of the ring,
   * which is room for the rest.
   *
   * @throws RingDamagedError for a slot that is not the next one of this ring.
   */
  read(): Uint8Array | undefined {
    const { words, head, tail } = this.#ring;
    while (unread(Atomics.load(words, head), Atomics.load(words, tail)) > 0) {
      this.#takeSlot();
      if (this.#record === undefined || this.#filled < this.#record.length) continue;
      const record = this.#record;
      this.#record = undefined;
      this.#filled = 0;
      return record;
    }
    return undefined;
  }

  #takeSlot(): void {
    const { words, head, tail, slots, slotBytes, epoch, bytes } = this.#ring;
    const position = Atomics.load(words, head);
    if (unread(position, Atomics.load(words, tail)) > slots) throw damaged(position, 'more is unread than fits');
    const start = (position & (slots - 1)) * slotBytes;
    // A copy first, and then only the copy: what is checked cannot change any more.
    this.#slot.set(bytes.subarray(start, start + slotBytes));
    const rest = this.#view.getUint32(12, true);
    const length = Math.min(rest, slotBytes - SLOT_HEADER_BYTES);
    if (this.#view.getInt32(0, true) !== position) throw damaged(position, 'it has another position');
    if (this.#view.getUint32(4, true) !== epoch) throw damaged(position, 'it has another epoch');
    if (this.#view.getUint32(8, true) !== checksum(this.#slot, SLOT_HEADER_BYTES + length))
      throw damaged(position, 'its checksum is wrong');
    if (rest === 0 || rest > MAX_EVENT_BYTES) throw damaged(position, `its record would have ${rest} bytes`);
    this.#record ??= new Uint8Array(rest);
    if (this.#record.length - this.#filled !== rest) throw damaged(position, 'it does not continue the record before it');
    this.#record.set(this.#slot.subarray(SLOT_HEADER_BYTES, SLOT_HEADER_BYTES + length), this.#filled);
    this.#filled += length;
    Atomics.store(words, head, position + 1);
  }
}

/** Both count modulo 2^32. */
function unread(head: number, tail: number): number {
  return (tail - head) >>> 0;
}

/** Of everything in the first `used` bytes of a slot but the checksum itself. */
function checksum(slot: Uint8Array, used: number): number {
  return crc32(slot.subarray(12, used), crc32(slot.subarray(0, 8)));
}

function damaged(position: number, what: string): RingDamagedError {
  return new RingDamagedError(`The slot at position ${position >>> 0} of the ring is damaged: ${what}.`);
}
