import { checkCallbacks } from "../invalid-option.ts";
import type { InTurn, Misuse } from "../misuse.ts";
import type { OperatorStateDescriptors, OperatorStateHandles } from "../state/operator-state/descriptors.ts";
import { operatorShapes } from "../state/operator-state/operator-states.ts";
import type { Emits } from "./process.ts";
import { subtaskOperator } from "./subtask-operator.ts";
import { type SubtaskProcessContext, timerWithoutKey } from "./subtask-process-context.ts";
import type { StepPlan } from "./step-plan.ts";

/**
 * What a process without keys does: state of each subtask, any number of results.
 *
 * @typeParam T the records. @typeParam S the declared states. @typeParam R the results.
 */
export interface SubtaskProcess<T, S extends OperatorStateDescriptors, R> {
  /** The states, declared once: `{ waiting: splitListState<Order>() }`. */
  readonly state?: S;
  /** The type of the results, where it is not told otherwise: `emits: emits<Alert>()`. */
  readonly emits?: Emits<R>;
  /** Called for each record. */
  onRecord(value: T, context: SubtaskProcessContext<OperatorStateHandles<S>, R>): InTurn;
  /**
   * Called when the input has ended, for what is still kept. After a restart from then on it is called again: clear what was
   * emitted.
   */
  onEnd?(context: SubtaskProcessContext<OperatorStateHandles<S>, R>): InTurn;
  /** Never there: timers belong to keys. */
  readonly onTimer?: Misuse<"This step has no keys, and timers belong to keys. Put keyBy(...) before process(...).">;
}

/** A process for `stream.process`, made by {@link subtaskProcess}. */
export interface SubtaskProcessPlan<T, R> {
  /** Carries the type of the records; never set. */
  readonly takes?: (value: T) => void;
  /** Carries the type of the results; never set. */
  readonly emits?: Emits<R>;
  /** Never there: a process of records by key needs a stream with keys. */
  readonly onRecord?: Misuse<"This stream has no keys. Put keyBy(...) before process(...), or make the process by subtaskProcess(...) of @tidemark/core/state.">;
  /** For the engine: what runs as the step of this id. */
  plan(id: string): StepPlan;
}

/**
 * Makes a process that keeps state by subtask and not by key: which records a subtask sees depends on how the stream is
 * dealt out, so that results should not depend on it.
 *
 * @example
 * ```ts
 * import { emits, pipeline } from "@tidemark/core";
 * import { splitListState, subtaskProcess } from "@tidemark/core/state";
 * import { fromArray } from "@tidemark/connectors/iterable";
 *
 * pipeline("pairs")
 *   .source("numbers", fromArray([1, 2, 3]))
 *   .process("pair", subtaskProcess({
 *     state: { waiting: splitListState<number>() },
 *     emits: emits<readonly number[]>(),
 *     onRecord(value: number, context) {
 *       const pair = [...context.state.waiting.get(), value];
 *       if (pair.length === 2) context.emit(pair);
 *       context.state.waiting.update(pair.length === 2 ? [] : pair);
 *     },
 *     onEnd: (context) => context.emit(context.state.waiting.get()),
 *   }));
 * ```
 */
export function subtaskProcess<T, S extends OperatorStateDescriptors = Record<never, never>, R = never>(
  process: SubtaskProcess<T, S, R>,
): SubtaskProcessPlan<T, R> {
  const { state = {}, onTimer } = process;
  const { onRecord, onEnd } = process as unknown as SubtaskProcess<unknown, OperatorStateDescriptors, unknown>;
  return {
    plan: (id) => {
      checkCallbacks(id, process, ["onRecord"], ["onEnd"]);
      if (onTimer !== undefined) throw timerWithoutKey();
      const inputs = [{ name: "onRecord", readsOnly: false, onRecord: onRecord.bind(process) }];
      const create = subtaskOperator(id, { state, inputs, onEnd: onEnd?.bind(process) });
      return { label: "process", slots: undefined, operatorStates: operatorShapes(id, state), create };
    },
  };
}
