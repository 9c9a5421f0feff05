const diskFull = /ENOSPC|No space left on device/i;
/** Of a line that a program wrote, in characters. */
const longestLine = 200;

/**
 * The words in which an error, or a program whose output became its message, says that a disk is full; none if it says something
 * else.
 */
export function diskFullWords(error: unknown): string | undefined {
  const text = error instanceof Error ? error.message : String(error);
  return text
    .split('\n')
    .find((line) => diskFull.test(line))
    ?.trim()
    .slice(0, longestLine);
}
