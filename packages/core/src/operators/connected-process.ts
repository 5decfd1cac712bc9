import { checkCallbacks } from "../invalid-option.ts";
import type { InTurn } from "../misuse.ts";
import type { StateDescriptors } from "../state/descriptors.ts";
import { slotsOf } from "../state/handles.ts";
import type { KeySelector } from "./keyed-state.ts";
import type { ProcessContext } from "./process-context.ts";
import { keyedOperator } from "./keyed-operator.ts";
import type { Emits } from "./process.ts";
import type { StepPlan } from "./step-plan.ts";

/**
 * What is done with two streams that have the same keys: state and timers that both of them share. Records of one stream
 * come in their order; which of two records of different streams comes first depends on timing.
 *
 * @typeParam L the records of the left stream. @typeParam R those of the right one. @typeParam K their key.
 * @typeParam S the declared states. @typeParam O the results.
 */
export interface ConnectedProcess<L, R, K, S extends StateDescriptors, O> {
  /** The states, declared once: `{ open: mapState<string, Order>() }`. */
  readonly state?: S;
  /** The type of the results, where it is not told otherwise: `emits: emits<Alert>()`. */
  readonly emits?: Emits<O>;
  /** Called for each record of the left stream, with its key current. */
  onLeft(value: L, context: ProcessContext<K, S, O>): InTurn;
  /** Called for each record of the right stream, with its key current. */
  onRight(value: R, context: ProcessContext<K, S, O>): InTurn;
  /** Called when a timer of the current key is due. It is no longer set then. Without it no timer may be set. */
  onTimer?(time: number, context: ProcessContext<K, S, O>): InTurn;
}

/** Any connected process, for the engine. */
export type AnyConnectedProcess = ConnectedProcess<unknown, unknown, unknown, StateDescriptors, unknown>;

/** The step that runs a connected process: its left stream is input 0. */
export function connectedProcessPlan(
  id: string,
  [left, right]: readonly [left: KeySelector, right: KeySelector],
  process: AnyConnectedProcess,
): StepPlan {
  checkCallbacks(id, process, ["onLeft", "onRight"], ["onTimer"]);
  const state = process.state ?? {};
  const create = keyedOperator(id, {
    state,
    inputs: [
      {
        name: "onLeft",
        keyOf: left,
        handler: { onRecord: (value, context) => process.onLeft(value, context) },
      },
      {
        name: "onRight",
        keyOf: right,
        handler: { onRecord: (value, context) => process.onRight(value, context) },
      },
    ],
    onTimer: process.onTimer?.bind(process),
  });
  return { label: "connect, process", timing: "the order of its inputs", order: "any", slots: slotsOf(state), create };
}
