import { ignore } from './deadline.ts';

/** A promise that is settled from outside, and made only when somebody asks for it. */
export class Deferred<Value> {
  #promise: Promise<Value> | undefined;
  #resolve: (value: Value) => void = ignore;
  #reject: (error: unknown) => void = ignore;
  #settled: { readonly value: Value } | { readonly error: unknown } | undefined;

  /** That nobody handles its rejection is no mistake. */
  get promise(): Promise<Value> {
    this.#promise ??= this.#make();
    return this.#promise;
  }

  get isSettled(): boolean {
    return this.#settled !== undefined;
  }

  resolve(value: Value): void {
    this.#settled ??= { value };
    this.#resolve(value);
  }

  reject(error: unknown): void {
    this.#settled ??= { error };
    this.#reject(error);
  }

  #make(): Promise<Value> {
    const promise = new Promise<Value>((resolve, reject) => {
      const settled = this.#settled;
      this.#resolve = resolve;
      this.#reject = reject;
      if (settled === undefined) return;
      if ('value' in settled) resolve(settled.value);
      else reject(settled.error);
    });
    promise.catch(ignore);
    return promise;
  }
}
