import type { ActionCount, CheckProblem, CheckProgress, SpecLocation, Verdict, ViolatedProperty } from './check-result.ts';
import { saysDiskFull, saysOutOfMemory, syntaxError } from './tlc-errors.ts';
import { type TlcMessage, TlcMessageReader } from './tlc-messages.ts';
import { parseLocation, TraceReader } from './tlc-trace.ts';

/** TLC's message codes that are understood here, see `tlc2.output.EC`. */
const codes = {
  version: 2262,
  initialStates: 2190,
  progress: 2200,
  statistics: 2199,
  depth: 2194,
  checkingTemporal: 2192,
  coverageStart: 2201,
  actionCoverage: 2772,
  success: 2193,
  invariantViolatedAtStart: 2107,
  invariantViolated: 2110,
  propertyViolatedAtStart: 2108,
  stepViolated: 2112,
  temporalViolated: 2116,
  deadlock: 2114,
  behaviour: 2121,
  counterexample: 2264,
  state: 2217,
  stuttering: 2218,
  backTo: 2122,
  nestedExpressions: 2103,
  parsingFailed: 3002,
  moduleLookupFailed: 2171,
} as const;

/** SANY and the JVM print at most some hundred lines that matter; more is not kept. */
const keptLines = 2_000;

/** Turns the output of one TLC run, line by line, into progress and a verdict. */
export class TlcReport {
  readonly #reader = new TlcMessageReader(
    (message) => this.#message(message),
    (line) => this.#remember(line),
  );
  readonly #onProgress: (progress: CheckProgress) => void;
  readonly #now: () => number;
  readonly #startedMs: number;
  readonly #behaviour = new TraceReader();
  readonly #loose: string[] = [];
  readonly #locations: SpecLocation[] = [];
  #actions: ActionCount[] | undefined;
  #violation: ViolatedProperty | 'deadlock' | undefined;
  #failure: { problem: CheckProblem; message: string } | undefined;
  #succeeded = false;
  #lastReport = { generated: 0, atMs: 0 };
  #phase: CheckProgress['phase'] = 'starting';

  version = 'TLC of unknown version';
  generated: number | undefined;
  distinct: number | undefined;
  depth: number | undefined;

  /** @param now milliseconds from any fixed moment */
  constructor(onProgress: (progress: CheckProgress) => void, now: () => number) {
    this.#onProgress = onProgress;
    this.#now = now;
    this.#startedMs = now();
    this.#lastReport.atMs = this.#startedMs;
  }

  get actions(): readonly ActionCount[] | undefined {
    return this.#actions;
  }

  accept(line: string): void {
    this.#reader.accept(line);
  }

  /** Counters that came beside TLC's own reports. */
  live({ generated, distinct, queue, depth }: Pick<CheckProgress, 'generated' | 'distinct' | 'queue' | 'depth'>): void {
    if (this.#succeeded || generated < this.#lastReport.generated) return;
    this.#report(this.#phase === 'starting' ? 'searching' : this.#phase, generated, distinct, queue, depth);
  }

  /** The verdict, once TLC has ended; `ending` says how it did, for the case that it said nothing else. */
  verdict(ending: string): Verdict {
    const { trace } = this.#behaviour;
    const loose = this.#loose.join('\n');
    if (saysDiskFull(`${this.#failure?.message}\n${loose}`)) {
      return { kind: 'error', problem: 'disk-full', message: 'No space left on device.', locations: [], trace };
    }
    if (this.#failure !== undefined) return { kind: 'error', ...this.#failure, locations: this.#locations, trace };
    if (this.#violation === 'deadlock') return { kind: 'deadlock', trace };
    if (this.#violation !== undefined) return { kind: 'violation', property: this.#violation, trace };
    if (this.#succeeded) return { kind: 'holds' };
    const message = `${loose.trim().split('\n').slice(-15).join('\n')}\n${ending}`.trim();
    return { kind: 'error', problem: saysOutOfMemory(loose) ? 'out-of-memory' : 'crash', message, locations: [], trace };
  }

  #remember(line: string): void {
    if (this.#loose.length < keptLines) this.#loose.push(line);
  }

  #message(message: TlcMessage): void {
    const text = message.lines.join('\n').trim();
    switch (message.code) {
      case codes.version:
        this.version = text;
        break;
      case codes.initialStates:
        this.#report('searching', Number(/(\d+) (?:distinct )?state/.exec(text)?.[1] ?? 0), 0, 0, 1);
        break;
      case codes.progress:
      case codes.statistics:
        this.#counts(text);
        break;
      case codes.depth:
        this.depth = Number(/is (\d+)/.exec(text)?.[1]);
        break;
      case codes.checkingTemporal:
        this.#report('liveness', this.generated ?? 0, this.distinct ?? 0, 0, this.depth ?? 0);
        break;
      case codes.coverageStart:
        this.#actions = [];
        break;
      case codes.actionCoverage:
        this.#covered(text);
        break;
      case codes.success:
        this.#succeeded = true;
        break;
      default:
        this.#finding(message, text);
    }
  }

  #finding(message: TlcMessage, text: string): void {
    switch (message.code) {
      case codes.invariantViolatedAtStart:
      case codes.invariantViolated:
        this.#violation ??= { kind: 'invariant', name: /^Invariant (\S+) is/.exec(text)?.[1] };
        break;
      case codes.propertyViolatedAtStart:
        this.#violation ??= { kind: 'initial', name: undefined };
        break;
      case codes.stepViolated:
        this.#violation ??= { kind: 'step', name: undefined };
        break;
      case codes.temporalViolated:
        this.#violation ??= { kind: 'temporal', name: undefined };
        break;
      case codes.deadlock:
        this.#violation ??= 'deadlock';
        break;
      default:
        if (this.#traced(message, text)) return;
        if (message.severity === 1 || message.severity === 2) this.#fail(message, text);
    }
    if (message.code === codes.invariantViolatedAtStart || message.code === codes.propertyViolatedAtStart) {
      this.#behaviour.initialState(message.lines);
    }
  }

  #traced(message: TlcMessage, text: string): boolean {
    switch (message.code) {
      case codes.state:
        this.#behaviour.step(message.lines);
        return true;
      case codes.stuttering:
        this.#behaviour.stuttering();
        return true;
      case codes.backTo:
        this.#behaviour.backTo(text);
        return true;
      case codes.nestedExpressions:
        this.#locations.push(...message.lines.map(parseLocation).filter((place) => place !== undefined));
        return true;
      default:
        return message.code === codes.behaviour || message.code === codes.counterexample;
    }
  }

  #fail(message: TlcMessage, text: string): void {
    if (this.#failure !== undefined) return;
    if (message.code === codes.parsingFailed || message.code === codes.moduleLookupFailed) {
      const { locations, ...failure } = syntaxError(this.#loose);
      this.#locations.push(...locations);
      this.#failure = failure;
      return;
    }
    const all = [message.code, ...message.inner];
    const problem =
      all.some(isOutOfMemory) || saysOutOfMemory(text) ? 'out-of-memory' : all.some(isConfiguration) ? 'configuration' : 'evaluation';
    this.#failure = { problem, message: text.replace(/^[\s\S]*The exception was a [\w.$]+\s*:?\s*/, '') };
  }

  #covered(text: string): void {
    const [, action, where = '', distinct, total] = /^<(\w+) (.*)>: (\d+):(\d+)/.exec(text) ?? [];
    const place = parseLocation(where);
    if (action === undefined || place === undefined) return;
    this.#actions?.push({ action, location: place, distinct: Number(distinct), total: Number(total) });
  }

  #counts(text: string): void {
    const [, generated, distinct, queue] =
      /([\d,]+) states generated.*?, ([\d,]+) distinct states found.*?, ([\d,]+) states left/.exec(text) ?? [];
    if (generated === undefined || distinct === undefined || queue === undefined) return;
    this.generated = count(generated);
    this.distinct = count(distinct);
    const depth = /^Progress\(([\d,]+)\)/.exec(text)?.[1];
    if (depth !== undefined) this.depth = count(depth);
    this.#report(this.#phase === 'liveness' ? 'liveness' : 'searching', this.generated, this.distinct, count(queue), this.depth ?? 0);
  }

  #report(phase: CheckProgress['phase'], generated: number, distinct: number, queue: number, depth: number): void {
    this.#phase = phase;
    const atMs = this.#now();
    const seconds = (atMs - this.#lastReport.atMs) / 1000;
    const ratePerSecond = seconds > 0 ? Math.max(0, Math.round((generated - this.#lastReport.generated) / seconds)) : 0;
    this.#lastReport = { generated, atMs };
    this.#onProgress({ phase, generated, distinct, queue, depth, ratePerSecond, elapsedMs: atMs - this.#startedMs });
  }
}

/** SYSTEM_OUT_OF_MEMORY and its kind, SYSTEM_STACK_OVERFLOW. */
function isOutOfMemory(code: number): boolean {
  return code >= 1001 && code <= 1005;
}

/** TLC_CONFIG_*, TLC_CANT_HANDLE_* and CFG_*. */
function isConfiguration(code: number): boolean {
  return (code >= 2222 && code <= 2245) || code === 2280 || code === 2281 || (code >= 5001 && code <= 5006);
}

function count(digits: string): number {
  return Number(digits.replaceAll(',', ''));
}
