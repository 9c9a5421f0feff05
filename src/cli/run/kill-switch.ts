import { writeFileSync } from 'node:fs';
import type { EffectPoint } from '../../runtime/effect-points.ts';
import type { CoordinatorSettings, KillNote, KillTarget, Provocation } from './process-messages.ts';

/** Ends this process with SIGKILL at the point of its target, as a power cut would: no handler, no flush, no farewell. */
export class KillSwitch {
  readonly #noteFile: string;
  #target: KillTarget;
  #afterRecovery: KillTarget | undefined;
  /** The transfers that this incarnation makes, by transaction. */
  readonly #transfers = new Map<string, string>();
  #asked = 0;
  #answered = 0;
  /** A transaction was made to fail for the sake of the target. */
  #hasProvoked = false;

  constructor({ target, afterRecovery, noteFile }: NonNullable<CoordinatorSettings['kill']>) {
    this.#target = target;
    this.#afterRecovery = afterRecovery;
    this.#noteFile = noteFile;
  }

  /** Give this to `createCrossbound` as `onEffect`. */
  readonly onEffect = (reached: EffectPoint): void => {
    if (!this.#isArmed || `${reached.phase} ${reached.effect}` !== this.#target.point) return;
    const { tx, participant } = reached;
    const transfer = this.#transfers.get(tx);
    const note: KillNote = { point: this.#target.point, provoked: this.#hasProvoked, tx, transfer, participant, at: Date.now() };
    writeFileSync(this.#noteFile, JSON.stringify(note));
    process.kill(process.pid, 'SIGKILL');
  };

  /** A transaction was begun for this transfer. */
  began(tx: string, transfer: string): void {
    this.#transfers.set(tx, transfer);
  }

  /** One more request has been answered. */
  answered(): void {
    this.#answered += 1;
  }

  /** Nothing of an earlier incarnation is in doubt any more: what only recovery passes will not come. */
  recovered(): void {
    if (this.#afterRecovery === undefined) return;
    this.#target = this.#afterRecovery;
    this.#afterRecovery = undefined;
  }

  /** One more request has come. Returns how its transaction is to fail, if it is. */
  asked(): Provocation | undefined {
    this.#asked += 1;
    if (!this.#isArmed || this.#target.provoke === undefined) return undefined;
    this.#hasProvoked = true;
    return this.#target.provoke;
  }

  /** What is provoked needs a request that is still to come, and at the end of the work all have come long before their answers. */
  get #isArmed(): boolean {
    const { provoke, afterTransfers } = this.#target;
    return (provoke === undefined ? this.#answered : this.#asked - 1) >= afterTransfers;
  }
}
