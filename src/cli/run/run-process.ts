import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { z } from 'zod';

/** The end of what a process wrote to its standard error, kept for a message, in characters. */
const STDERR_TAIL_LENGTH = 4_000;

/** How a process ended. */
export interface ProcessEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stderr: string;
}

/** Which program a process runs. */
export interface ProgramOptions {
  /** Of the file beside this module, without its ending. */
  readonly name: 'coordinator-process' | 'client-process';
  /** Where Node keeps the compiled code: it makes a restart three times faster. */
  readonly compileCache: string;
}

/** One process of a run: started with settings, heard, and ended. It ends itself when this process ends. */
export class RunProcess<News> {
  readonly startedMs = performance.now();
  /** Resolves when it has ended; never rejects. */
  readonly ended: Promise<ProcessEnd>;
  readonly #child: ChildProcess;
  #stderr = '';

  /**
   * @param onNews - told what the process says; what does not parse is a defect and thrown.
   */
  constructor(program: ProgramOptions, settings: object, news: z.ZodType<News>, onNews: (news: News) => void) {
    const file = fileURLToPath(new URL(`./${program.name}${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url));
    // A session of its own: Ctrl-C at the terminal reaches the supervisor only, which then decides.
    this.#child = fork(file, [], {
      detached: true,
      execArgv: [],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      env: { NODE_COMPILE_CACHE: program.compileCache, ...process.env },
    });
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-STDERR_TAIL_LENGTH);
    });
    this.#child.on('message', (message) => onNews(news.parse(message)));
    this.ended = this.#end();
    this.send(settings);
  }

  send(message: string | object): void {
    // A process that is just dying takes no message; its end is seen elsewhere.
    if (this.#child.connected) this.#child.send(message, () => undefined);
  }

  /** SIGKILL; resolves when it is gone. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.ended;
  }

  async #end(): Promise<ProcessEnd> {
    const failed = Promise.withResolvers<ProcessEnd>();
    this.#child.on('error', (error) => failed.resolve({ code: null, signal: null, stderr: error.message }));
    const closed = once(this.#child, 'close').then(() => {
      const { exitCode, signalCode } = this.#child;
      return { code: exitCode, signal: signalCode, stderr: this.#stderr };
    });
    return await Promise.race([closed, failed.promise]);
  }
}
