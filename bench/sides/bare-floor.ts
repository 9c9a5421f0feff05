/** What nothing that does the work can be faster than: the same steps by hand, without a protocol that could fail. */
import type { DummyParticipant } from './dummy-participant.ts';

/** By state, by event: the next state. The happy way alone, of a coordinator and of a branch. */
const COORDINATOR = Int8Array.of(1, 2, 3, 4);
const BRANCH = Int8Array.of(1, 2, 3, 4);

interface BareTransaction {
  state: number;
  heard: number;
  readonly branches: Int8Array;
}

/** A commit of three participants as bare table look-ups, in a Map of what is under way. */
export class BareTables {
  readonly #live = new Map<number, BareTransaction>();

  commit(id: number): void {
    this.#live.set(id, { state: 0, heard: 0, branches: new Int8Array(3) });
    this.#coordinator(id);
    this.#allBranches(id, 2);
    this.#hearAll(id);
    this.#coordinator(id);
    this.#allBranches(id, 2);
    this.#hearAll(id);
    this.#live.delete(id);
  }

  #coordinator(id: number): void {
    const transaction = this.#live.get(id);
    if (transaction) transaction.state = COORDINATOR[transaction.state] ?? 0;
  }

  #allBranches(id: number, steps: number): void {
    const branches = this.#live.get(id)?.branches ?? new Int8Array(3);
    for (let at = 0; at < 3; at += 1) for (let step = 0; step < steps; step += 1) branches[at] = BRANCH[branches[at] ?? 0] ?? 0;
  }

  #hearAll(id: number): void {
    const transaction = this.#live.get(id);
    if (transaction === undefined) return;
    for (let at = 0; at < 3; at += 1) transaction.heard |= 1 << at;
    transaction.heard = 0;
    this.#coordinator(id);
  }
}

/** Both phases as two `Promise.all`: the least that asynchronous participants cost. */
export async function barePromises(participants: readonly DummyParticipant[]): Promise<void> {
  await Promise.all(participants.map((participant) => participant.prepare()));
  await Promise.all(participants.map((participant) => participant.commit()));
}
