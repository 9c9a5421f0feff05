/** The longest line that is read, in bytes. A longer one is a problem of that line, and costs no memory. */
const MAX_LINE_BYTES = 1024 * 1024;

/** One line of a file, counted from 1, with its text or with the reason why it has none. */
export type NumberedLine =
  | { readonly number: number; readonly text: string; readonly problem?: undefined }
  | { readonly number: number; readonly problem: string };

const NEWLINE = 0x0a;

/** Splits bytes into lines of UTF-8. It keeps one line in memory, and goes on after a bad one. */
export async function* numberedLines(chunks: AsyncIterable<Uint8Array>, maxLineBytes = MAX_LINE_BYTES): AsyncGenerator<NumberedLine> {
  let number = 1;
  let pieces: Uint8Array[] = [];
  let length = 0;
  const keep = (piece: Uint8Array) => {
    length += piece.length;
    if (length <= maxLineBytes) pieces.push(piece);
  };
  const take = (): NumberedLine => {
    const line = length > maxLineBytes ? { number, problem: `longer than ${maxLineBytes} bytes` } : decoded(number, pieces);
    number += 1;
    pieces = [];
    length = 0;
    return line;
  };
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
      keep(chunk.subarray(start, end));
      yield take();
      start = end + 1;
    }
    keep(chunk.subarray(start));
  }
  if (length > 0) yield take();
}

function decoded(number: number, pieces: readonly Uint8Array[]): NumberedLine {
  try {
    return { number, text: new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(pieces)) };
  } catch {
    return { number, problem: 'not UTF-8' };
  }
}
