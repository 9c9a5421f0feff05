import { PrepareRefusedError } from '../../src/protocol/errors.ts';
import type { EnlistOptions, Participant } from '../../src/runtime/participant.ts';

type Method = 'open' | 'enlist' | 'prepare' | 'commit' | 'rollback' | 'inDoubt' | 'ping' | 'close';
/** What a scripted call does besides: `work` is what the call would have done. */
type Script = (work: () => void, transaction: string) => Promise<void> | void;

/** The work of one branch: nothing but whose it is. */
export interface ScriptedHandle {
  readonly transaction: string;
  readonly options: EnlistOptions;
}

/**
 * A store that keeps the contract unless a script says otherwise, and tells what was asked of it. What it holds outlives
 * the manager: give the same one to the next manager for a restart.
 */
export class ScriptedParticipant implements Participant<ScriptedHandle> {
  readonly name: string;
  readonly calls: string[] = [];
  readonly working = new Set<string>();
  readonly prepared = new Set<string>();
  readonly committed = new Set<string>();
  /** Calls between their begin and their end. */
  underWay = 0;
  readonly #scripts = new Map<Method, Script[]>();
  readonly #log: string[] | undefined;

  /** @param log - where calls of several participants are told in one order. */
  constructor(name: string, log?: string[]) {
    this.name = name;
    this.#log = log;
  }

  /** The next calls of `method` follow the scripts, one each. */
  next(method: Method, ...scripts: Script[]): this {
    this.#scripts.set(method, [...(this.#scripts.get(method) ?? []), ...scripts]);
    return this;
  }

  /** Every call of `method` from now on follows the script. */
  always(method: Method, script: Script): this {
    this.#scripts.set(
      method,
      Array.from({ length: 10_000 }, () => script),
    );
    return this;
  }

  /** No script any more. */
  behave(): this {
    this.#scripts.clear();
    return this;
  }

  /** A crash of the store: what was not prepared is gone. */
  loseWork(): void {
    this.working.clear();
  }

  open(): Promise<void> {
    return this.call('open', '', () => undefined);
  }

  async enlist(transaction: string, options: EnlistOptions): Promise<ScriptedHandle> {
    await this.call('enlist', transaction, () => this.working.add(transaction));
    return { transaction, options };
  }

  prepare(transaction: string): Promise<void> {
    return this.call('prepare', transaction, () => {
      if (!this.working.delete(transaction)) throw new PrepareRefusedError(`${this.name} knows no ${transaction}`);
      this.prepared.add(transaction);
    });
  }

  commit(transaction: string): Promise<void> {
    return this.call('commit', transaction, () => {
      if (this.prepared.delete(transaction)) this.committed.add(transaction);
    });
  }

  rollback(transaction: string): Promise<void> {
    return this.call('rollback', transaction, () => {
      this.working.delete(transaction);
      this.prepared.delete(transaction);
    });
  }

  async inDoubt(): Promise<readonly string[]> {
    let doubtful: string[] = [];
    await this.call('inDoubt', '', () => {
      doubtful = [...this.prepared];
    });
    return doubtful;
  }

  close(): Promise<void> {
    return this.call('close', '', () => undefined);
  }

  protected async call(method: Method, transaction: string, work: () => void): Promise<void> {
    this.calls.push(method);
    this.#log?.push(`${this.name} ${method}`);
    this.underWay += 1;
    try {
      const script = this.#scripts.get(method)?.shift();
      // Never at once, as no real store.
      await Promise.resolve();
      if (script) await script(work, transaction);
      else work();
    } finally {
      this.underWay -= 1;
      this.#log?.push(`${this.name} ${method} ends`);
    }
  }
}

/** A store that can be pinged. */
export class PingedParticipant extends ScriptedParticipant {
  ping(): Promise<void> {
    return this.call('ping', '', () => undefined);
  }
}

/** Scripts. */
export const fails =
  (message = 'broken'): Script =>
  () => {
    throw new Error(message);
  };
export const refuses =
  (message = 'no', kind: 'retryable' | 'terminal' = 'terminal'): Script =>
  (_work, _transaction) => {
    throw new PrepareRefusedError(message, { kind });
  };
export const hangs = (): Promise<void> => new Promise(() => undefined);
/** The work is done and the answer lost. */
export const losesAnswer: Script = (work) => {
  work();
  throw new Error('connection lost');
};
/** Does its work when told to. */
export const waitsFor =
  (signal: Promise<unknown>): Script =>
  async (work) => {
    await signal;
    work();
  };
