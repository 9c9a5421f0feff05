/**
 * The memory that the user side and the kernel side share, and all that they share.
 *
 *     memory  = header, slots of the requests, slots of the replies
 *     header  = lines of 64 bytes, so that words which different threads write do not share a cache line:
 *               0 magic, layout version, slot bytes, slots a ring, epoch, session state
 *               1 user's doorbell, user's beat        2 kernel's doorbell, kernel's beat
 *               3 head and 4 tail of the requests     5 head and 6 tail of the replies
 *
 * A memory serves one session: one user side, one kernel side, one epoch. Whoever comes after gets a memory of its own, so that a thread
 * which was taken for dead and is not can write into nothing that is still read.
 */
import { InvalidInputError } from '../../protocol/errors.ts';

const MAGIC = 0x584b_4a31;
const LAYOUT_VERSION = 1;
const HEADER_BYTES = 512;
const WORDS_A_LINE = 16;

const WORD = { magic: 0, version: 1, slotBytes: 2, slots: 3, epoch: 4, state: 5 } as const;
const LINE = { user: 1, kernel: 2, requestsHead: 3, requestsTail: 4, repliesHead: 5, repliesTail: 6 } as const;
const DOORBELL = 0;
const BEAT = 1;

/** The two ends of a memory. */
export type Side = 'user' | 'kernel';

/** Why a session is over. The first reason stays. */
export const SESSION_STATES = [
  'offered',
  'attached',
  'the user side closed it',
  'the kernel side closed it',
  'another user side took its place',
  'the thread of the kernel side ended',
  'the user side has been silent for too long',
  'the kernel side has been silent for too long',
  'what was found in the shared memory is damaged',
] as const;
export type SessionState = (typeof SESSION_STATES)[number];
export type SessionEnd = Exclude<SessionState, 'offered' | 'attached'>;

/** The size of the rings. */
export interface RingSize {
  /** Bytes of one slot with its header: a multiple of 4, from 64 to 65,536. */
  readonly slotBytes: number;
  /** Slots of each ring: a power of two, from 2 to 65,536. */
  readonly slots: number;
}

/** One ring, as its two ends see it. */
export interface RingMemory extends RingSize {
  readonly epoch: number;
  readonly words: Int32Array;
  /** Indexes into `words`: how many slots were read, and how many written, both modulo 2^32. */
  readonly head: number;
  readonly tail: number;
  readonly bytes: Uint8Array;
}

/** Views on the memory of one session. */
export class SharedMemory {
  readonly buffer: SharedArrayBuffer;
  readonly epoch: number;
  readonly requests: RingMemory;
  readonly replies: RingMemory;
  readonly #words: Int32Array;

  private constructor(buffer: SharedArrayBuffer) {
    const words = new Int32Array(buffer);
    const slotBytes = words[WORD.slotBytes] ?? 0;
    const slots = words[WORD.slots] ?? 0;
    this.buffer = buffer;
    this.epoch = (words[WORD.epoch] ?? 0) >>> 0;
    this.#words = words;
    const ring = (index: number, head: number, tail: number): RingMemory => ({
      slotBytes,
      slots,
      epoch: this.epoch,
      words,
      head: head * WORDS_A_LINE,
      tail: tail * WORDS_A_LINE,
      bytes: new Uint8Array(buffer, HEADER_BYTES + index * slotBytes * slots, slotBytes * slots),
    });
    this.requests = ring(0, LINE.requestsHead, LINE.requestsTail);
    this.replies = ring(1, LINE.repliesHead, LINE.repliesTail);
  }

  /** Memory for a new session, with empty rings. @param epoch - larger than that of every session before it; 32 bits. */
  static create(epoch: number, { slotBytes, slots }: RingSize): SharedMemory {
    assertSize(slotBytes, slots);
    const buffer = new SharedArrayBuffer(HEADER_BYTES + 2 * slotBytes * slots);
    const words = new Int32Array(buffer);
    words.set([MAGIC, LAYOUT_VERSION, slotBytes, slots, epoch | 0]);
    return new SharedMemory(buffer);
  }

  /** The memory that another thread has made. @throws InvalidInputError where it is none, or has another layout. */
  static attach(buffer: SharedArrayBuffer): SharedMemory {
    if (!(buffer instanceof SharedArrayBuffer) || buffer.byteLength < HEADER_BYTES) {
      throw new InvalidInputError('This is no memory of a kernel journal: pass what KernelThread.connect() gave, unchanged.');
    }
    const [magic, version, slotBytes = 0, slots = 0] = new Int32Array(buffer, 0, WORDS_A_LINE);
    if (magic !== MAGIC || version !== LAYOUT_VERSION) {
      throw new InvalidInputError(
        `The shared memory has layout ${version}, and this version of Crossbound knows ${LAYOUT_VERSION}: use one version of it on both sides.`,
      );
    }
    assertSize(slotBytes, slots);
    if (buffer.byteLength !== HEADER_BYTES + 2 * slotBytes * slots) {
      throw new InvalidInputError(`The shared memory has ${buffer.byteLength} bytes, which are not those of its ${slots} slots.`);
    }
    return new SharedMemory(buffer);
  }

  get state(): SessionState {
    // A number that names no state was written by nobody who knows this layout.
    return SESSION_STATES[Atomics.load(this.#words, WORD.state)] ?? 'what was found in the shared memory is damaged';
  }

  /** Why the session is over, once it is. */
  get end(): SessionEnd | undefined {
    const { state } = this;
    return state === 'offered' || state === 'attached' ? undefined : state;
  }

  /** The kernel side has taken the session up. False where it is over already. */
  acceptSession(): boolean {
    const before = Atomics.compareExchange(this.#words, WORD.state, 0, SESSION_STATES.indexOf('attached'));
    this.ring('user');
    return before === 0;
  }

  /** Ends the session for both sides and wakes them. Does nothing where it is over. */
  endSession(reason: SessionEnd): void {
    const to = SESSION_STATES.indexOf(reason);
    for (const from of [0, 1]) Atomics.compareExchange(this.#words, WORD.state, from, to);
    this.ring('user');
    this.ring('kernel');
  }

  /** Tells the thread of `side` that something has changed. */
  ring(side: Side): void {
    const word = LINE[side] * WORDS_A_LINE + DOORBELL;
    Atomics.add(this.#words, word, 1);
    Atomics.notify(this.#words, word);
  }

  /** How often the doorbell of `side` has been rung. Read it before looking for work, and wait for another value after. */
  rings(side: Side): number {
    return Atomics.load(this.#words, LINE[side] * WORDS_A_LINE + DOORBELL);
  }

  /** Blocks this thread, which must be allowed to, until the doorbell is past `seen`, or for `timeoutMs`. It may return early. */
  block(side: Side, seen: number, timeoutMs: number): void {
    Atomics.wait(this.#words, LINE[side] * WORDS_A_LINE + DOORBELL, seen, timeoutMs);
  }

  /** As {@link SharedMemory.block}, but lets the thread do other things. It does not keep the process running. */
  async wait(side: Side, seen: number, timeoutMs: number): Promise<void> {
    const { value } = Atomics.waitAsync(this.#words, LINE[side] * WORDS_A_LINE + DOORBELL, seen, timeoutMs);
    await value;
  }

  /** Shows that the thread of `side` lives. */
  beat(side: Side): void {
    Atomics.add(this.#words, LINE[side] * WORDS_A_LINE + BEAT, 1);
  }

  /** A number that changes while the thread of `side` lives. */
  beats(side: Side): number {
    return Atomics.load(this.#words, LINE[side] * WORDS_A_LINE + BEAT);
  }
}

function assertSize(slotBytes: number, slots: number): void {
  const isSlot = Number.isInteger(slotBytes) && slotBytes >= 64 && slotBytes <= 65_536 && slotBytes % 4 === 0;
  const isCount = Number.isInteger(slots) && slots >= 2 && slots <= 65_536 && (slots & (slots - 1)) === 0;
  if (isSlot && isCount) return;
  throw new InvalidInputError(
    `A ring has 2 to 65536 slots, a power of two, of 64 to 65536 bytes, a multiple of 4; not ${slots} of ${slotBytes}.`,
  );
}
