import { seconds } from '../../check/result-table.ts';

/** `12,345` */
export function figure(value: number): string {
  return value.toLocaleString('en-US');
}

/** `1 state`, `2 states` */
export function plural(value: number, noun: string): string {
  return `${figure(value)} ${noun}${value === 1 ? '' : 's'}`;
}

/** `0.42 ms`, `12 ms`, `1.2 s`. */
export function duration(elapsedMs: number): string {
  if (elapsedMs >= 1000) return seconds(elapsedMs);
  return `${elapsedMs.toFixed(elapsedMs < 10 ? 1 : 0)} ms`;
}
