/** Method: takers that note when they ran; how the log uses room is in file-log.test.ts. */
import { describe, expect, it } from 'vitest';
import { MAX_WAITING_FOR_ROOM, Room } from '../../src/log/room.ts';

const refuse = () => new Error('too many');

/** A room whose takers take what they need and note their name. */
function notedRoom(maxBytes: number) {
  const room = new Room(maxBytes);
  const ran: string[] = [];
  const ask = (name: string, need: number) =>
    room.whenFits(
      need,
      () => {
        room.take(need);
        ran.push(name);
      },
      refuse,
    );
  return { room, ran, ask };
}

describe('room', () => {
  it('is given in order: what would fit waits behind what does not', async () => {
    const { room, ran, ask } = notedRoom(10);
    await ask('first', 6);
    const large = ask('large', 8);
    const small = ask('small', 2);
    expect(ran).toEqual(['first']);
    room.free(6);
    await Promise.all([large, small]);
    expect(ran).toEqual(['first', 'large', 'small']);
    expect(room.used).toBe(10);
  });

  it('is given to one that is larger than all of it when nothing is in use', async () => {
    const { room, ran, ask } = notedRoom(10);
    await ask('huge', 100);
    expect(ran).toEqual(['huge']);
    expect(room.fits(1)).toBe(false);
  });

  it('is refused when too many wait, and rejects all who wait on demand', async () => {
    const { room, ran, ask } = notedRoom(10);
    await ask('first', 10);
    const waiting = Array.from({ length: MAX_WAITING_FOR_ROOM }, () => ask('late', 1).catch((error: Error) => error.message));
    await expect(ask('one more', 1)).rejects.toThrow('too many');
    room.rejectAll(new Error('closed'));
    expect(new Set(await Promise.all(waiting))).toEqual(new Set(['closed']));
    expect(room.isAwaited).toBe(false);
    expect(ran).toEqual(['first']);
  });

  it('a taker that throws rejects its own caller and nobody else', async () => {
    const { room, ask } = notedRoom(10);
    await ask('first', 10);
    const failing = room.whenFits(5, () => Promise.reject(new Error('mine')), refuse);
    const throwing = room.whenFits(
      5,
      () => {
        throw new Error('mine too');
      },
      refuse,
    );
    const next = ask('next', 5);
    room.free(10);
    await expect(failing).rejects.toThrow('mine');
    await expect(throwing).rejects.toThrow('mine too');
    await next;
  });
});
