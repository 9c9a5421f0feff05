import type { Participant } from '../../src/runtime/participant.ts';

/** A store that agrees to everything at once and keeps nothing: what is measured is the transaction manager alone. */
export class DummyParticipant implements Participant<void> {
  readonly name: string;
  prepared = 0;
  committed = 0;

  constructor(name: string) {
    this.name = name;
  }

  async open(): Promise<void> {}
  async enlist(): Promise<void> {}
  async prepare(): Promise<void> {
    this.prepared += 1;
  }
  async commit(): Promise<void> {
    this.committed += 1;
  }
  async rollback(): Promise<void> {}
  async inDoubt(): Promise<readonly string[]> {
    return [];
  }
  async close(): Promise<void> {}
}

/** Three of them, as all sides have. */
export function threeDummies(): readonly DummyParticipant[] {
  return ['first', 'second', 'third'].map((name) => new DummyParticipant(name));
}
