import { type AnyKeyedProcess, type KeyedProcess, processOperator } from "../../src/operators/process.ts";
import type { OperatorFactory } from "../../src/operators/operator.ts";
import type { StateDescriptors } from "../../src/state/descriptors.ts";
import type { Key } from "../../src/state/key-codec.ts";
import type { Timed } from "./harness.ts";

/** A process over strings whose first character is the key. */
export function of<S extends StateDescriptors, R>(process: KeyedProcess<string, string, S, R>): OperatorFactory {
  return processOperator("p", (value) => (value as string)[0] as Key, process as unknown as AnyKeyedProcess);
}

/** Values at the times 0, 1, 2 and so on. */
export const inOrder = (...values: readonly string[]): readonly Timed[] =>
  values.map((value, index): Timed => [value, index]);
