/**
 * What a {@link World} is in the terms of TwoPhaseCommit.tla: one canonical TLA+ text for each of the spec's variables.
 * Many worlds may be one state of the spec; each is explored.
 */
import { modelValue, printValue, type TlaValue, tlaFunction, tlaRecord, tlaSequence, tlaSet } from '../tlc/tla-value.ts';
import type { AnyRecord, SimulatedDisk } from './simulated-disk.ts';
import type { Bounds, InFlight, World } from './world.ts';

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

/** By variable of the spec, the canonical text of its value. */
export function abstractWorld(world: World, { transactions, participants }: Bounds): Readonly<Record<string, string>> {
  const { coordinator, network, duplicated, answers, faults } = world;
  const site = (name: string) => {
    const found = world.participants.get(name);
    if (found === undefined) throw new Error(`no participant ${name}`);
    return found;
  };
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
    faults: tlaRecord({ ...faults }),
  };
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, printValue(value)]));
}
