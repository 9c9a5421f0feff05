/** Something that must never happen, and did. */
export interface Violation {
  /** The property, where it is one of TwoPhaseCommit.tla under the name that it has there. */
  readonly property: string;
  readonly message: string;
  /** When, in virtual milliseconds. */
  readonly atMs: number;
  readonly tx?: string;
}
