/**
 * What a {@link World} is in the terms of a spec: one canonical TLA+ text for each of the spec's variables.
 * Many worlds may be one state of the spec; each is explored.
 */
import type { CoordinatorRecord } from '../../src/protocol/log-record.ts';
import { takingPart } from '../../src/statecharts/coordinator.ts';
import { modelValue, printValue, type TlaValue, tlaFunction, tlaRecord, tlaSequence, tlaSet } from '../tlc/tla-value.ts';
import type { AnyRecord, SimulatedDisk } from './simulated-disk.ts';
import { type Bounds, type InFlight, type ParticipantSite, suspects, type World } from './world.ts';

const recordOf = (type: string, tx: string): TlaValue => tlaRecord({ type, tx: modelValue(tx) });

const messageOf = ({ type, tx, participant }: InFlight): TlaValue => tlaRecord({ type, tx: modelValue(tx), rm: modelValue(participant) });

function over(names: readonly string[], value: (name: string) => TlaValue): TlaValue {
  return tlaFunction(names.map((name) => [modelValue(name), value(name)]));
}

/** Epochs are the log's own affair; the spec has one coordinator. */
function tailOf(disk: SimulatedDisk): TlaValue {
  return tlaSequence(disk.tail.flatMap(({ record }) => (record.type === 'Epoch' ? [] : [recordOf(record.type, record.tx)])));
}

function lastDurable(records: readonly AnyRecord[], tx: string): string {
  return records.findLast((record) => record.type !== 'Epoch' && record.tx === tx)?.type ?? 'none';
}

/** By variable of TwoPhaseCommit, the canonical text of its value. */
export function abstractTwoPhaseCommit(world: World, { transactions, participants }: Bounds): Readonly<Record<string, string>> {
  const { coordinator, network, duplicated, answers } = world;
  const { coordinatorCrashes, participantCrashes, losses, duplicates } = world.faults;
  const site = (name: string): ParticipantSite => siteOf(world, name);
  const values: Record<string, TlaValue> = {
    tmState: over(transactions, (tx) => (coordinator.up ? (coordinator.machines.get(tx)?.value ?? 'forgotten') : 'down')),
    tmHeard: over(transactions, (tx) => tlaSet((coordinator.machines.get(tx)?.context.heard ?? []).map(modelValue))),
    tmTail: tailOf(coordinator.disk),
    tmDurable: over(transactions, (tx) => lastDurable(coordinator.disk.durable, tx)),
    rmState: over(participants, (name) =>
      over(transactions, (tx) => (site(name).up ? (site(name).machines.get(tx)?.value ?? 'aborted') : 'down')),
    ),
    rmTail: over(participants, (name) => tailOf(site(name).disk)),
    rmDurable: over(participants, (name) => over(transactions, (tx) => lastDurable(site(name).disk.durable, tx))),
    network: tlaSet([...network.values()].map(messageOf)),
    duplicated: tlaSet([...network].filter(([key]) => duplicated.has(key)).map(([, message]) => messageOf(message))),
    answers: over(transactions, (tx) => tlaSet(answers.get(tx) ?? [])),
    faults: tlaRecord({ coordinatorCrashes, participantCrashes, losses, duplicates }),
  };
  return print(values);
}

/** By variable of TwoPhaseOptions, the canonical text of its value. It speaks of one transaction. */
export function abstractTwoPhaseOptions(world: World, { transactions, participants }: Bounds): Readonly<Record<string, string>> {
  const { coordinator, network } = world;
  const { coordinatorCrashes, participantCrashes, losses, suspicions, heuristics } = world.faults;
  const [tx = ''] = transactions;
  const site = (name: string): ParticipantSite => siteOf(world, name);
  const machine = coordinator.machines.get(tx);
  return print({
    tmState: coordinator.up ? (machine?.value ?? 'forgotten') : 'down',
    tmParticipants: tlaSet((machine === undefined ? [] : takingPart(machine.context)).map(modelValue)),
    tmHeard: tlaSet((machine?.context.heard ?? []).map(modelValue)),
    tmTail: tlaSequence(coordinator.disk.tail.flatMap(({ record }) => decisionOf(record))),
    tmDurable: tlaSequence(coordinator.disk.durable.flatMap(decisionOf)),
    rmState: over(participants, (name) => (site(name).up ? (site(name).machines.get(tx)?.value ?? 'aborted') : 'down')),
    rmTail: over(participants, (name) => tlaSequence(site(name).disk.tail.map(({ record }) => record.type))),
    rmDurable: over(participants, (name) => tlaSequence(site(name).disk.durable.map(({ type }) => type))),
    tmSuspects: tlaSet(participants.filter((name) => suspects(coordinator, name)).map(modelValue)),
    rmSuspects: tlaSet(participants.filter((name) => suspects(site(name), 'coordinator')).map(modelValue)),
    network: tlaSet([...network.values()].map(({ type, participant }) => tlaRecord({ type, rm: modelValue(participant) }))),
    answers: tlaSet([...(world.answers.get(tx) ?? [])]),
    reports: tlaSet([...(world.reports.get(tx) ?? [])]),
    readers: tlaSet([...(world.readers.get(tx) ?? [])].map(modelValue)),
    faults: tlaRecord({ coordinatorCrashes, participantCrashes, losses, suspicions, heuristics }),
  });
}

/** A record of the decision log, as what it is and whom it names. */
function decisionOf(record: CoordinatorRecord): TlaValue[] {
  if (record.type === 'Epoch') return [];
  const names = record.type === 'Commit' ? record.participants : record.type === 'Heuristic' ? [record.participant] : [];
  return [tlaRecord({ type: record.type, names: tlaSet(names.map(modelValue)) })];
}

function siteOf(world: World, name: string): ParticipantSite {
  const found = world.participants.get(name);
  if (found === undefined) throw new Error(`no participant ${name}`);
  return found;
}

function print(values: Readonly<Record<string, TlaValue>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, printValue(value)]));
}
