import { z } from 'zod';
import { InvalidInputError } from '../../src/protocol/errors.ts';
import {
  ModelValue,
  modelValue,
  TlaRecord,
  TlaSequence,
  TlaSet,
  type TlaState,
  type TlaValue,
  tlaFunction,
  tlaRecord,
  tlaSequence,
  tlaSet,
} from './tla-value.ts';

/** A value as tla-checker writes it in JSON: a set is an array, the rest is marked with `__model`, `__tuple` or `__fn`. */
export type WasmJson = z.core.util.JSONType;

const model = z.strictObject({ __model: z.string() });
const tuple = z.strictObject({ __tuple: z.array(z.json()) });
const pairs = z.strictObject({ __fn: z.array(z.tuple([z.json(), z.json()])) });

/** @throws InvalidInputError on what no value of TLA+ looks like */
export function fromWasm(json: WasmJson): TlaValue {
  if (typeof json === 'string' || typeof json === 'number' || typeof json === 'boolean') return json;
  if (json === null) throw new InvalidInputError('tla-checker gave a value that is none: null.');
  if (Array.isArray(json)) return tlaSet(json.map(fromWasm));
  if ('__model' in json) return modelValue(model.parse(json).__model);
  if ('__tuple' in json) return tlaSequence(tuple.parse(json).__tuple.map(fromWasm));
  if ('__fn' in json) return tlaFunction(pairs.parse(json).__fn.map(([argument, value]) => [fromWasm(argument), fromWasm(value)] as const));
  return tlaRecord(new Map(Object.entries(json).map(([name, value]) => [name, fromWasm(value)])));
}

export function toWasm(value: TlaValue): WasmJson {
  if (typeof value !== 'object') return value;
  if (value instanceof ModelValue) return { __model: value.text };
  if (value instanceof TlaSet) return value.elements.map(toWasm);
  if (value instanceof TlaSequence) return { __tuple: value.elements.map(toWasm) };
  if (value instanceof TlaRecord) return Object.fromEntries([...value.fields].map(([name, field]) => [name, toWasm(field)]));
  return { __fn: value.entries.map(([argument, result]) => [toWasm(argument), toWasm(result)]) };
}

export function stateFromWasm(json: Readonly<Record<string, WasmJson>>): TlaState {
  return Object.fromEntries(Object.entries(json).map(([name, value]) => [name, fromWasm(value)]));
}

export function stateToWasm(state: TlaState): string {
  return JSON.stringify(Object.fromEntries(Object.entries(state).map(([name, value]) => [name, toWasm(value)])));
}
