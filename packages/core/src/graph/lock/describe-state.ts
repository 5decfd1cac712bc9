import { crc32c } from "../../bytes/crc32.ts";
import { writeWtf8, wtf8Length } from "../../bytes/wtf8.ts";
import type { DeclaredShape } from "../../state/declared-shape.ts";
import type { StandardSchema } from "../../state/standard-schema.ts";
import type { LogicalGraph, LogicalNode } from "../logical.ts";
import type { KeyShape } from "../../state/key-shape.ts";
import type { LockedOperator, LockedSchema, LockedState, StateLock } from "./state-lock.ts";

/** What a lock is made from: a pipeline, as `pipeline(...)` gives it. */
export interface Described {
  /** Its steps, as they were written. */
  readonly graph: LogicalGraph;
}

/**
 * What a pipeline keeps.
 *
 * @param previous The lock so far: its versions stay, since entries of them may still be stored.
 *
 * @example
 * ```ts
 * import { fromArray, toArray } from "@tidemark/connectors/iterable";
 * import { pipeline } from "@tidemark/core";
 * import { describeState } from "@tidemark/core/lock";
 *
 * const totals = (id: string) => {
 *   const job = pipeline("totals");
 *   job
 *     .source("cents", fromArray([3, 5]))
 *     .keyBy((cents) => cents % 2)
 *     .reduce(id, (sum, cents) => sum + cents)
 *     .sink("out", toArray<number>().sink);
 *   return job;
 * };
 *
 * for (const { step, id } of describeState(totals("total")).operators) console.log(step, id);
 * // prints source cents
 * // prints sink out
 * // prints operator total
 * ```
 */
export function describeState({ graph }: Described, previous?: StateLock): StateLock {
  const operators = graph.nodes.flatMap((node): LockedOperator[] => {
    const step = stepOf(node);
    if (step === undefined) return [];
    const key = keyOf(node);
    const states = statesOf(node).map((state) => lockedState(state, versionsOf(previous, node.id, state)));
    return [{ id: node.id, step, ...(key === undefined ? {} : { key }), states: inOrder(states, ({ name }) => name) }];
  });
  return { lockVersion: 0, pipeline: graph.name, operators: inOrder(operators, ({ id }) => id) };
}

/** The states that a node declares. */
export function statesOf({ work }: LogicalNode): readonly DeclaredShape[] {
  return work.kind === "operator" ? [...(work.states ?? []), ...(work.operatorStates ?? [])] : [];
}

function stepOf({ work }: LogicalNode): LockedOperator["step"] | undefined {
  if (work.kind !== "operator") return work.kind;
  return work.stateful || (work.operatorStates ?? []).length > 0 ? "operator" : undefined;
}

function keyOf({ work, inputs }: LogicalNode): KeyShape | undefined {
  if (work.kind !== "operator" || !work.keyed) return undefined;
  for (const { partitioning } of inputs) if (partitioning.kind === "hash") return partitioning.keyType;
  return undefined;
}

function versionsOf(previous: StateLock | undefined, id: string, { name, kind }: DeclaredShape): readonly number[] {
  const states = previous?.operators.find((operator) => operator.id === id)?.states ?? [];
  return states.find((state) => state.name === name && state.kind === kind)?.versions ?? [];
}

function lockedState({ name, kind, version, schema }: DeclaredShape, older: readonly number[]): LockedState {
  const versions = [...new Set([...older, version])].toSorted((one, other) => one - other);
  return { name, kind, versions, ...(schema === undefined ? {} : { schema: lockedSchema(schema) }) };
}

function lockedSchema({ "~standard": { vendor, jsonSchema } }: StandardSchema): LockedSchema {
  try {
    const shape = jsonSchema?.output({ target: "draft-2020-12" });
    return { vendor, fingerprint: shape === undefined ? null : fingerprintOf(shape) };
  } catch {
    // The library says so where a schema has no JSON Schema.
    return { vendor, fingerprint: null };
  }
}

/** CRC-32C of the JSON text with the names of each object in order, in 8 hexadecimal digits. */
function fingerprintOf(shape: unknown): string {
  const text = JSON.stringify(sorted(shape));
  const bytes = new Uint8Array(wtf8Length(text));
  writeWtf8(text, bytes, 0);
  return crc32c(bytes).toString(16).padStart(8, "0");
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([name, item]) => [name, sorted(item)] as const);
  return Object.fromEntries(inOrder(entries, ([name]) => name));
}

function inOrder<T>(items: readonly T[], nameOf: (item: T) => string): readonly T[] {
  return items.toSorted((one, other) => (nameOf(one) < nameOf(other) ? -1 : 1));
}
