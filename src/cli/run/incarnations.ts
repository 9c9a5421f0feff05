import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CrossboundError } from '../../protocol/errors.ts';
import type { PlannedKill } from './kill-plan.ts';
import { CoordinatorNews, type CoordinatorSettings, KillNote, STOP } from './process-messages.ts';
import { RunProcess } from './run-process.ts';
import type { CoordinatorKill, Recovery } from './run-report.ts';

/** From the start of a coordinator until it takes requests, and from `stop` to its end: both wait for stores at most as long as the coordinator does. */
const START_DEADLINE_MS = 60_000;
const STOP_DEADLINE_MS = 60_000;
/** How often a planned kill may end at the point that was to prepare it. */
const MAX_DETOURS = 3;

/** What stays the same for all incarnations of the coordinator. */
export interface IncarnationSettings extends Pick<CoordinatorSettings, 'name' | 'stores' | 'socket' | 'maxInFlight'> {
  /** Of the run. */
  readonly directory: string;
  readonly compileCache: string;
  readonly startedMs: number;
}

/**
 * Starts the coordinator again each time that it is dead, with the next kill of the plan, until it is told to stop. It rejects
 * when a coordinator ends otherwise than by the planned kill.
 */
export class Incarnations {
  readonly kills: CoordinatorKill[] = [];
  readonly recoveries: Recovery[] = [];
  readonly traceFiles: string[] = [];
  /** For people: why a planned kill did not happen. */
  readonly #missed: string[] = [];
  readonly #settings: IncarnationSettings;
  readonly #plan: PlannedKill[];
  readonly #onChange: () => void;
  #current: RunProcess<CoordinatorNews> | undefined;
  #detours = 0;
  #isStopping = false;
  #isAborted = false;

  constructor(settings: IncarnationSettings, plan: readonly PlannedKill[], onChange: () => void) {
    this.#settings = settings;
    this.#plan = [...plan];
    this.#onChange = onChange;
  }

  /** For people: each planned kill that has not happened, and why. */
  get missed(): readonly string[] {
    const late = this.#plan.map(
      ({ target }) => `The work was over before the coordinator came to "${target.point}": use a longer workload or fewer kills.`,
    );
    return [...this.#missed, ...late];
  }

  /** Resolves when the last incarnation, told by {@link stop}, has recovered everything and closed in order. */
  async run(): Promise<void> {
    for (;;) {
      // It may have died of its own just before.
      if (this.#isAborted) throw new CrossboundError('RUN_ABORTED', 'terminal', 'The run was stopped.');
      const kill = this.#isStopping ? undefined : this.#plan[0];
      const wasKilled = await this.#live(kill);
      if (!wasKilled) return;
    }
  }

  /** The work is done: the current incarnation ends in order, or, if it is killed in doing so, the next one. */
  stop(): void {
    this.#isStopping = true;
    const current = this.#current;
    current?.send(STOP);
    const late = setTimeout(() => void current?.kill(), STOP_DEADLINE_MS);
    void current?.ended.then(() => clearTimeout(late));
  }

  /** Ends it with no regard for anything; {@link run} rejects. */
  async abort(): Promise<void> {
    this.#isAborted = true;
    await this.#current?.kill();
  }

  /** One incarnation, to its end. Resolves with whether the planned kill ended it. */
  async #live(kill: PlannedKill | undefined): Promise<boolean> {
    const incarnation = this.traceFiles.length + 1;
    const noteFile = join(this.#settings.directory, `kill-${incarnation}.json`);
    const settings = this.#coordinatorSettings(incarnation, kill && { ...kill, noteFile });
    const program = { name: 'coordinator-process', compileCache: this.#settings.compileCache } as const;
    const startedMs = performance.now();
    const late = setTimeout(() => void this.abort(), START_DEADLINE_MS);
    let failure: string | undefined;
    this.#current = new RunProcess(program, settings, CoordinatorNews, (news) => {
      if (news.type === 'ready') clearTimeout(late);
      if (news.type === 'failed') failure = news.message;
      else this.#hear(incarnation, news, performance.now() - startedMs);
    });
    if (this.#isStopping) this.stop();
    const end = await this.#current.ended;
    clearTimeout(late);
    if (end.code === 0 && failure === undefined) return false;
    const note = end.signal === 'SIGKILL' ? await readNote(noteFile) : undefined;
    if (note === undefined) {
      const how = end.signal === null ? `with code ${String(end.code)}` : `by ${end.signal}, and not at a planned point`;
      throw new CrossboundError('COORDINATOR_FAILED', 'terminal', `The coordinator ended ${how}. ${failure ?? end.stderr}`);
    }
    this.#killed(incarnation, note);
    return true;
  }

  #hear(incarnation: number, news: Exclude<CoordinatorNews, { type: 'failed' }>, sinceStartMs: number): void {
    const { type, ...found } = news;
    if (type === 'ready') this.recoveries.push({ incarnation, readyMs: sinceStartMs, inDoubt: 0, committed: 0, ...found });
    const last = this.recoveries.at(-1);
    if (type === 'recovered' && last !== undefined) this.recoveries.splice(-1, 1, { ...last, recoveredMs: sinceStartMs });
    this.#onChange();
  }

  #killed(incarnation: number, { at, ...note }: KillNote): void {
    this.kills.push({ incarnation, ...note, atMs: at - performance.timeOrigin - this.#settings.startedMs });
    if (this.#plan[0]?.target.point === note.point) {
      this.#plan.shift();
      this.#detours = 0;
    } else {
      this.#detours += 1;
    }
    if (this.#detours > MAX_DETOURS) {
      this.#missed.push(`No recovery came to "${this.#plan.shift()?.target.point}", from states in which it must.`);
      this.#detours = 0;
    }
    this.#onChange();
  }

  #coordinatorSettings(incarnation: number, kill: CoordinatorSettings['kill']): CoordinatorSettings {
    const { name, stores, socket, maxInFlight, directory } = this.#settings;
    const traceFile = join(directory, `trace-${String(incarnation).padStart(3, '0')}.ndjson`);
    this.traceFiles.push(traceFile);
    return { name, stores, socket, maxInFlight, directory: join(directory, 'coordinator'), traceFile, kill };
  }
}

async function readNote(file: string): Promise<KillNote | undefined> {
  try {
    return KillNote.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch {
    return undefined;
  }
}
