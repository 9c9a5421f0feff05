import type { ParticipantContext } from '../runtime/participant.ts';
import { type BranchLog, KeyValueParticipant, type OpenedStore } from './key-value/key-value-participant.ts';

/**
 * A key-value participant in memory, for tests and examples, with the handle and the locks of the userspace journal.
 *
 * It loses everything at a crash and at `close`, committed and prepared alike, so guarantee 1 of `Participant` holds only while the process lives:
 * never use it beside a store that must agree with it after a restart.
 */
export class InMemoryParticipant extends KeyValueParticipant {
  protected override async openStore(_context: ParticipantContext): Promise<OpenedStore> {
    return { committed: new Map(), prepared: new Map(), log: nowhere };
  }
}

const nowhere: BranchLog = {
  failure: undefined,
  append: async () => undefined,
  close: async () => undefined,
};
