import { checkCallbacks } from "../invalid-option.ts";
import type { InTurn } from "../misuse.ts";
import type { StateDescriptors } from "../state/descriptors.ts";
import { slotsOf } from "../state/handles.ts";
import { keyedOperator } from "./keyed-operator.ts";
import type { KeySelector } from "./keyed-state.ts";
import type { OperatorFactory } from "./operator.ts";
import type { ProcessContext } from "./process-context.ts";
import type { StepPlan } from "./step-plan.ts";

/**
 * What a keyed process does: typed state, timers, any number of results.
 *
 * @typeParam T the records. @typeParam K their key. @typeParam S the declared states. @typeParam R the results.
 */
export interface KeyedProcess<T, K, S extends StateDescriptors, R> {
  /** The states, declared once: `{ total: valueState(0) }`. */
  readonly state?: S;
  /** The type of the results, where it is not told otherwise: `emits: emits<Alert>()`. */
  readonly emits?: Emits<R>;
  /** Called for each record, with its key current. */
  onRecord(value: T, context: ProcessContext<K, S, R>): InTurn;
  /** Called when a timer of the current key is due. It is no longer set then. Without it no timer may be set. */
  onTimer?(time: number, context: ProcessContext<K, S, R>): InTurn;
}

/** Carries the type of what a process emits: TypeScript does not look for it inside of functions. */
export interface Emits<R> {
  /** Never set. */
  readonly type?: R;
}

/**
 * Tells what a process emits, so that its states can still be inferred.
 *
 * @example
 * ```ts
 * import { emits, pipeline, valueState } from "@tidemark/core";
 * import { fromArray } from "@tidemark/connectors/iterable";
 *
 * pipeline("counts")
 *   .source("words", fromArray(["to", "be"]))
 *   .keyBy((word) => word)
 *   .process("count", {
 *     state: { count: valueState(0) },
 *     emits: emits<{ word: string; count: number }>(),
 *     onRecord(word, context) {
 *       const count = context.state.count.get() + 1;
 *       context.state.count.update(count);
 *       context.emit({ word, count });
 *     },
 *   });
 * ```
 */
export function emits<R>(): Emits<R> {
  return {};
}

/** Any keyed process, for the engine. */
export type AnyKeyedProcess = KeyedProcess<unknown, unknown, StateDescriptors, unknown>;

/** The step that runs a keyed process. */
export function processPlan(id: string, keyOf: KeySelector, process: AnyKeyedProcess): StepPlan {
  checkCallbacks(id, process, ["onRecord"], ["onTimer"]);
  return { label: "process", slots: slotsOf(process.state ?? {}), create: processOperator(id, keyOf, process) };
}

/** Runs a keyed process. */
export function processOperator(id: string, keyOf: KeySelector, process: AnyKeyedProcess): OperatorFactory {
  return keyedOperator(id, {
    state: process.state ?? {},
    inputs: [{ name: "onRecord", keyOf, handler: process }],
    onTimer: process.onTimer?.bind(process),
  });
}
