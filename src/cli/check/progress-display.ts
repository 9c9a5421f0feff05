import { Listr } from 'listr2';
import type { CheckProgress } from '../../../models/tlc/check-result.ts';
import { seconds } from './result-table.ts';

/** One piece of work that is shown while it runs. */
export interface ShownTask {
  readonly title: string;
  /** Does the work, tells how far it is, and returns what it came to, in a few words. It does not throw for an expected failure. */
  run(tell: (progress: CheckProgress) => void): Promise<{ readonly summary: string; readonly good: boolean }>;
}

/** How often elapsed time and figures are shown anew on a terminal. */
const terminalIntervalMs = 500;
/** How often a line is written where there is no terminal. */
const lineIntervalMs = 10_000;

/**
 * Runs tasks, at most `jobs` at a time, with live progress: a list that is drawn over on a terminal, else a line at the
 * start, at intervals and at the end of each. Stops starting new ones when `signal` aborts.
 */
export async function runWithProgress(
  tasks: readonly ShownTask[],
  options: { jobs: number; stream: NodeJS.WriteStream; signal: AbortSignal },
): Promise<void> {
  if (options.stream.isTTY) await runOnTerminal(tasks, options.jobs, options.signal);
  else await runWithLines(tasks, options);
}

async function runOnTerminal(tasks: readonly ShownTask[], jobs: number, signal: AbortSignal): Promise<void> {
  const list = new Listr(
    tasks.map(({ title, run }) => ({
      title,
      task: async (_context, view) => {
        signal.throwIfAborted();
        const clock = new TaskClock();
        const timer = setInterval(() => {
          view.output = clock.describe();
        }, terminalIntervalMs);
        try {
          const { summary, good } = await run((progress) => clock.tell(progress));
          view.title = `${title}: ${summary}`;
          if (!good) throw new Error(view.title);
        } finally {
          clearInterval(timer);
        }
      },
    })),
    {
      concurrent: jobs,
      exitOnError: false,
      registerSignalListeners: false,
      rendererOptions: { collapseErrors: true, showErrorMessage: false },
    },
  );
  await list.run();
  signal.throwIfAborted();
}

async function runWithLines(
  tasks: readonly ShownTask[],
  { jobs, stream, signal }: { jobs: number; stream: NodeJS.WriteStream; signal: AbortSignal },
): Promise<void> {
  const waiting = [...tasks.entries()];
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      signal.throwIfAborted();
      const [index, { title, run }] = next;
      const label = `[${index + 1}/${tasks.length}] ${title}`;
      const clock = new TaskClock();
      const timer = setInterval(() => stream.write(`${label}: ${clock.describe()}\n`), lineIntervalMs);
      try {
        const { summary } = await run((progress) => clock.tell(progress));
        stream.write(`${label}: ${summary} (${seconds(clock.elapsedMs)})\n`);
      } finally {
        clearInterval(timer);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(jobs, tasks.length) }, work));
}

/** What is known of a running task. */
class TaskClock {
  readonly #startedMs = performance.now();
  #progress: CheckProgress | undefined;

  tell(progress: CheckProgress): void {
    this.#progress = progress;
  }

  get elapsedMs(): number {
    return performance.now() - this.#startedMs;
  }

  describe(): string {
    const elapsed = seconds(this.elapsedMs);
    if (this.#progress === undefined) return `running, ${elapsed}`;
    const { phase, generated, distinct, queue, ratePerSecond, depth } = this.#progress;
    const figure = (value: number): string => value.toLocaleString('en-US');
    const figures = `${figure(distinct)} distinct of ${figure(generated)} states (${figure(ratePerSecond)}/s), ${figure(queue)} in the queue, depth ${depth}, ${elapsed}`;
    return phase === 'liveness' ? `checking liveness: ${figures}` : figures;
  }
}
