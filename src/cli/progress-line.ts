/** How often a line is redrawn on a terminal, and written elsewhere. */
const terminalIntervalMs = 200;
const lineIntervalMs = 10_000;

/** One line that says how far a long piece of work is: redrawn in place on a terminal, written now and then elsewhere. */
export class ProgressLine {
  readonly #stream: NodeJS.WriteStream;
  #lastMs = Number.NEGATIVE_INFINITY;
  #shown = false;

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
  }

  tell(text: string): void {
    const nowMs = performance.now();
    if (nowMs - this.#lastMs < (this.#stream.isTTY ? terminalIntervalMs : lineIntervalMs)) return;
    this.#lastMs = nowMs;
    this.#shown = true;
    this.#stream.write(this.#stream.isTTY ? `\r\x1b[K${text}` : `${text}\n`);
  }

  /** Clears the line, so that what follows starts clean. */
  end(): void {
    if (this.#shown && this.#stream.isTTY) this.#stream.write('\r\x1b[K');
    this.#shown = false;
  }
}
