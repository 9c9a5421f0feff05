/**
 * The implementation as a closed system that the explorer can step: the production statecharts and recovery code on
 * simulated disks, with the messages between them. Immutable; what can happen next is in `moves.ts`.
 */
import type { CoordinatorRecord, ParticipantRecord } from '../../src/protocol/log-record.ts';
import type { MessageType } from '../../src/protocol/message.ts';
import type { CoordinatorSnapshot } from '../../src/statecharts/coordinator.ts';
import type { FailureDetectorSnapshot } from '../../src/statecharts/failure-detector.ts';
import type { ParticipantSnapshot } from '../../src/statecharts/participant.ts';
import type { Graph } from '../graph/graph-file.ts';
import type { Implementation } from './implementation.ts';
import { append, emptyDisk, flush, type SimulatedDisk } from './simulated-disk.ts';

/** The bounds of one configuration; names as in the spec. */
export interface Bounds {
  readonly transactions: readonly string[];
  readonly participants: readonly string[];
  readonly maxCoordinatorCrashes: number;
  readonly maxParticipantCrashes: number;
  readonly maxLosses: number;
  readonly maxDuplicates: number;
  readonly maxSuspicions: number;
  readonly maxHeuristics: number;
}

export interface InFlight {
  readonly type: MessageType;
  readonly tx: string;
  readonly participant: string;
}

/** One process and its log. A process that is down has no machines, and believes nothing. */
export interface Site<Snapshot = unknown, LogRecord extends CoordinatorRecord | ParticipantRecord = CoordinatorRecord | ParticipantRecord> {
  readonly up: boolean;
  readonly machines: ReadonlyMap<string, Snapshot>;
  /** By process that it watches: what it believes of it. */
  readonly detectors: ReadonlyMap<string, FailureDetectorSnapshot>;
  readonly disk: SimulatedDisk<LogRecord>;
}

export type CoordinatorSite = Site<CoordinatorSnapshot, CoordinatorRecord>;
export type ParticipantSite = Site<ParticipantSnapshot, ParticipantRecord>;

export interface Faults {
  readonly coordinatorCrashes: number;
  readonly participantCrashes: number;
  readonly losses: number;
  readonly duplicates: number;
  readonly suspicions: number;
  readonly heuristics: number;
}

export interface World {
  readonly coordinator: CoordinatorSite;
  readonly participants: ReadonlyMap<string, ParticipantSite>;
  /** By {@link messageKey}. */
  readonly network: ReadonlyMap<string, InFlight>;
  /** Keys of the messages that delivery does not use up. */
  readonly duplicated: ReadonlySet<string>;
  /** By transaction: everything that the client was told. */
  readonly answers: ReadonlyMap<string, ReadonlySet<'committed' | 'aborted' | 'unknown'>>;
  /** By transaction: everything that the operator was told. */
  readonly reports: ReadonlyMap<string, ReadonlySet<'hazard' | 'mixed'>>;
  /** By transaction: who has ever voted read-only. */
  readonly readers: ReadonlyMap<string, ReadonlySet<string>>;
  readonly faults: Faults;
}

/** A spec without the constant `Tx` speaks of one transaction. */
export function boundsOf({ constants }: Graph): Bounds {
  const set = (name: string): readonly string[] => {
    const value = constants[name];
    return Array.isArray(value) ? value : [];
  };
  const count = (name: string): number => Number(constants[name] ?? 0);
  return {
    transactions: 'Tx' in constants ? set('Tx') : ['t'],
    participants: set('RM'),
    maxCoordinatorCrashes: count('MaxCoordinatorCrashes'),
    maxParticipantCrashes: count('MaxParticipantCrashes'),
    maxLosses: count('MaxLosses'),
    maxDuplicates: count('MaxDuplicates'),
    maxSuspicions: count('MaxSuspicions'),
    maxHeuristics: count('MaxHeuristics'),
  };
}

export function initialWorld(bounds: Bounds, code: Implementation): World {
  const { transactions, participants } = bounds;
  return {
    coordinator: {
      up: true,
      machines: new Map(transactions.map((tx) => [tx, code.beginCoordinator(tx, participants)])),
      detectors: trustingAll(participants, code),
      disk: beginEpoch(emptyDisk(), 1),
    },
    participants: new Map(
      participants.map((participant) => [
        participant,
        {
          up: true,
          machines: new Map(transactions.map((transaction) => [transaction, code.beginBranch({ transaction, participant })])),
          detectors: trustingAll(['coordinator'], code),
          disk: emptyDisk(),
        },
      ]),
    ),
    network: new Map(),
    duplicated: new Set(),
    answers: new Map(transactions.map((tx) => [tx, new Set()])),
    reports: new Map(),
    readers: new Map(),
    faults: { coordinatorCrashes: 0, participantCrashes: 0, losses: 0, duplicates: 0, suspicions: 0, heuristics: 0 },
  };
}

/** Whoever begins, or begins again, suspects nobody. */
export function trustingAll(watched: readonly string[], code: Implementation): Site['detectors'] {
  return new Map(watched.map((name) => [name, code.beginFailureDetector(name)]));
}

export function suspects({ detectors }: CoordinatorSite | ParticipantSite, watched: string): boolean {
  return detectors.get(watched)?.value === 'suspected';
}

/** A coordinator owns its log from the moment on that its epoch is durable. */
export function beginEpoch(disk: SimulatedDisk<CoordinatorRecord>, epoch: number): SimulatedDisk<CoordinatorRecord> {
  return flush(append(disk, { type: 'Epoch', epoch, owner: 'replay' }), 1);
}

export function messageKey({ type, tx, participant }: InFlight): string {
  return `${type} ${tx} ${participant}`;
}

/** Two worlds with one key behave alike: it names everything that the code can see. */
export function worldKey(world: World): string {
  const parts = [siteKey(world.coordinator)];
  for (const site of world.participants.values()) parts.push(siteKey(site));
  parts.push([...world.network.keys()].sort().join(), [...world.duplicated].sort().join());
  for (const told of [world.answers, world.reports, world.readers]) {
    for (const [tx, all] of told) parts.push(tx, [...all].sort().join());
    parts.push('');
  }
  parts.push(Object.values(world.faults).join());
  return parts.join('|');
}

/** Sites are immutable and most steps leave most of them alone, so each is looked at once. */
const siteKeys = new WeakMap<CoordinatorSite | ParticipantSite, string>();

function siteKey(site: CoordinatorSite | ParticipantSite): string {
  const known = siteKeys.get(site);
  if (known !== undefined) return known;
  const key = describeSite(site);
  siteKeys.set(site, key);
  return key;
}

function describeSite({ up, machines, detectors, disk }: CoordinatorSite | ParticipantSite): string {
  const states: string[] = [up ? 'up' : 'down'];
  for (const [tx, { value, context }] of machines) {
    const remembered = 'heard' in context ? `${context.readers.join()}/${context.heard.join()}` : '';
    states.push(`${tx}=${value} ${remembered}`);
  }
  for (const [watched, { value }] of detectors) states.push(`${watched} ${value}`);
  const tail = disk.tail.map(({ frame }) => latin1(frame));
  return `${states.sort().join(' ')} ${latin1(disk.bytes)} ${tail.join(' ')}`;
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}
