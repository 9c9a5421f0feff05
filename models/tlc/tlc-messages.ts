/** One message of TLC's `-tool` output. */
export interface TlcMessage {
  /** See `tlc2.output.EC`. */
  readonly code: number;
  /** What it is: 0 news, 1 error, 2 a defect of TLC, 3 warning, 4 a state. */
  readonly severity: number;
  readonly lines: readonly string[];
  /** The codes of messages that TLC put inside this one, outermost first; their lines are among `lines`. */
  readonly inner: readonly number[];
}

const start = /^(.*)@!@!@STARTMSG (-?\d+):(\d) @!@!@$/;
const end = /^(.*)@!@!@ENDMSG -?\d+ @!@!@$/;
/** A message longer than this is not TLC's any more: a state of a specification that this tool is meant for has some dozens of lines. */
const longestMessage = 100_000;

/**
 * Cuts TLC's output into messages, line by line. What TLC and SANY print between messages (parse errors, mostly) and what a
 * user's `Print` writes goes to `onLine`.
 */
export class TlcMessageReader {
  readonly #onMessage: (message: TlcMessage) => void;
  readonly #onLine: (line: string) => void;
  #open: { code: number; severity: number; lines: string[]; inner: number[] } | undefined;
  #depth = 0;

  constructor(onMessage: (message: TlcMessage) => void, onLine: (line: string) => void) {
    this.#onMessage = onMessage;
    this.#onLine = onLine;
  }

  accept(line: string): void {
    const opening = start.exec(line);
    const closing = end.exec(line);
    if (opening !== null) this.#begin(opening[1] ?? '', Number(opening[2]), Number(opening[3]));
    else if (closing !== null) this.#finish(closing[1] ?? '');
    else if (this.#open === undefined) this.#onLine(line);
    else if (this.#open.lines.length < longestMessage) this.#open.lines.push(line);
  }

  #begin(before: string, code: number, severity: number): void {
    this.#depth += 1;
    if (this.#open === undefined) {
      if (before !== '') this.#onLine(before);
      this.#open = { code, severity, lines: [], inner: [] };
      return;
    }
    if (before.trim() !== '') this.#open.lines.push(before);
    this.#open.inner.push(code);
  }

  #finish(before: string): void {
    if (this.#open === undefined) return;
    if (before !== '') this.#open.lines.push(before);
    this.#depth -= 1;
    if (this.#depth > 0) return;
    const message = this.#open;
    this.#open = undefined;
    this.#onMessage(message);
  }
}
