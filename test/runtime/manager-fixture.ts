import { expect } from 'vitest';
import { parseTraceRecord, type TraceRecord } from '../../src/protocol/recorded-run.ts';
import { createCrossbound } from '../../src/runtime/create-crossbound.ts';
import type { Crossbound } from '../../src/runtime/crossbound.ts';
import type { EffectPoint } from '../../src/runtime/effect-points.ts';
import type { CrossboundOptions } from '../../src/runtime/options.ts';
import { HandTurnedEnvironment } from './hand-turned-environment.ts';
import { ScriptedParticipant } from './scripted-participant.ts';
import { assertBehaviour } from './spec-behaviour.ts';

export const DIRECTORY = '/coordinator';
/** Begins the names of transactions that a test puts into a log or a store by hand; of those no begin is recorded. */
export const HAND_MADE = 'e1-00ff00ff00ff-';

/** A manager over scripted stores, in hand-turned time, whose run is recorded and judged against the spec in the end. */
export class ManagerFixture {
  environment = new HandTurnedEnvironment();
  /** Calls of all stores, in order. */
  readonly calls: string[] = [];
  readonly left = new ScriptedParticipant('left', this.calls);
  readonly right = new ScriptedParticipant('right', this.calls);
  readonly records: TraceRecord[] = [];
  readonly points: EffectPoint[] = [];
  #managers: Crossbound[] = [];

  start(options: Partial<CrossboundOptions> = {}): Promise<Crossbound> {
    return this.environment.run(this.begin(options));
  }

  async begin(options: Partial<CrossboundOptions> = {}): Promise<Crossbound> {
    const manager = await createCrossbound({
      name: 'test',
      ...(options.log === undefined ? { directory: DIRECTORY } : {}),
      participants: [this.left, this.right],
      environment: this.environment,
      onTrace: (record) => this.records.push(parseTraceRecord(JSON.parse(JSON.stringify(record)))),
      onEffect: (point) => this.points.push(point),
      ...options,
    });
    this.#managers.push(manager);
    return manager;
  }

  /** A `kill -9`: the process does nothing any more, and of the disk only what was flushed is left. */
  kill(): void {
    const files = this.environment.files.crash(() => false);
    this.environment = new HandTurnedEnvironment();
    this.environment.files = files;
    this.#managers = [];
    for (const store of [this.left, this.right]) {
      store.loseWork();
      store.behave();
    }
  }

  actions(): readonly string[] {
    return this.records.map((record) => [record.action, ...('rm' in record ? [record.rm] : [])].join(' '));
  }

  /** Closes what is open; then nothing may be left over, and the run must be a behaviour of the spec. */
  async end(): Promise<void> {
    for (const manager of this.#managers) await this.environment.run(manager.close()).catch(() => undefined);
    expect(this.environment.pendingTimers).toBe(0);
    assertBehaviour(this.records.filter(({ tx }) => !tx?.startsWith(HAND_MADE)));
  }
}

/** How a promise was settled: its value, or the code of its error. */
export async function settledAs(promise: Promise<unknown>): Promise<unknown> {
  try {
    return await promise;
  } catch (error) {
    return error instanceof Error && 'code' in error ? error.code : error;
  }
}
