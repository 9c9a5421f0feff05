import { InvalidInputError } from '../../protocol/errors.ts';

/** The longest line that is taken from a socket, in characters: far above any request. */
const MAX_LINE_LENGTH = 64 * 1024;

/** Puts chunks of a stream together to lines and parses each as JSON; `onValue` may be called several times for a chunk. */
export function jsonLines(onValue: (value: unknown) => void): (chunk: string) => void {
  let rest = '';
  return (chunk) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > MAX_LINE_LENGTH) throw new InvalidInputError(`A message is longer than ${MAX_LINE_LENGTH} characters.`);
    for (const line of lines) onValue(JSON.parse(line));
  };
}
