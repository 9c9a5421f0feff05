import { type FileHandle, open } from 'node:fs/promises';
import type { Acknowledgement } from './process-messages.ts';

/** The client's durable record of what it was told, a JSON line for each transfer. One flush serves all that wait for it. */
export class AcknowledgementFile {
  readonly #handle: FileHandle;
  #waiting: { readonly line: string; readonly done: PromiseWithResolvers<void> }[] = [];
  #isWriting = false;

  private constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  static async create(path: string): Promise<AcknowledgementFile> {
    return new AcknowledgementFile(await open(path, 'ax', 0o600));
  }

  /** Resolves when it is durable. The caller bounds how many wait: those are its requests in flight. */
  record(acknowledgement: Acknowledgement): Promise<void> {
    const done = Promise.withResolvers<void>();
    this.#waiting.push({ line: `${JSON.stringify(acknowledgement)}\n`, done });
    if (!this.#isWriting) void this.#write();
    return done.promise;
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }

  async #write(): Promise<void> {
    this.#isWriting = true;
    while (this.#waiting.length > 0) {
      const batch = this.#waiting;
      this.#waiting = [];
      try {
        await this.#handle.writeFile(batch.map(({ line }) => line).join(''));
        await this.#handle.datasync();
        for (const { done } of batch) done.resolve();
      } catch (error) {
        for (const { done } of batch) done.reject(error);
      }
    }
    this.#isWriting = false;
  }
}
