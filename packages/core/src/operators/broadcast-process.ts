import { checkCallbacks } from "../invalid-option.ts";
import type { InTurn } from "../misuse.ts";
import type { OperatorStateReaders } from "../state/operator-state/broadcast.ts";
import type { OperatorStateDescriptors, OperatorStateHandles } from "../state/operator-state/descriptors.ts";
import { operatorShapes } from "../state/operator-state/operator-states.ts";
import type { Emits } from "./process.ts";
import { type AnySubtaskContext, subtaskOperator } from "./subtask-operator.ts";
import type { SubtaskProcessContext } from "./subtask-process-context.ts";
import type { StepPlan } from "./step-plan.ts";

/**
 * What is done with a stream without keys and one that is broadcast. Records of the broadcast stream reach every subtask and
 * may change broadcast state; those of the other one reach one subtask and can read it.
 *
 * Every subtask gets the same broadcast records, those of one writer in the same order. In which order those of several
 * writers come, and between which records of the main stream, differs from subtask to subtask and from run to run: make
 * the outcome independent of it.
 *
 * @typeParam T the records. @typeParam B those of the broadcast stream. @typeParam S the declared states.
 * @typeParam R the results.
 */
export interface BroadcastProcess<T, B, S extends OperatorStateDescriptors, R> {
  /** The states, declared once: `{ limits: broadcastState<string, number>() }`. */
  readonly state: S;
  /** The type of the results, where it is not told otherwise: `emits: emits<Alert>()`. */
  readonly emits?: Emits<R>;
  /** Called for each record of the main stream. */
  onRecord(value: T, context: SubtaskProcessContext<OperatorStateReaders<S>, R>): InTurn;
  /** Called for each record of the broadcast stream, in every subtask: do the same in all of them. */
  onBroadcast(value: B, context: SubtaskProcessContext<OperatorStateHandles<S>, R>): InTurn;
  /**
   * Called when both streams have ended, for what is still kept. After a restart from then on it is called again: clear what
   * was emitted.
   */
  onEnd?(context: SubtaskProcessContext<OperatorStateReaders<S>, R>): InTurn;
}

/** A process for `stream.connect(other.broadcast()).process`, made by {@link broadcastProcess}. */
export interface BroadcastProcessPlan<T, B, R> {
  /** Carries the types of the records; never set. */
  readonly takes?: (value: T, broadcast: B) => void;
  /** Carries the type of the results; never set. */
  readonly emits?: Emits<R>;
  /** For the engine: what runs as the step of this id. */
  plan(id: string): StepPlan;
}

/**
 * Makes a process over a stream and a broadcast one.
 *
 * @example
 * ```ts
 * import { emits, pipeline } from "@tidemark/core";
 * import { broadcastProcess, broadcastState } from "@tidemark/core/state";
 * import { fromArray } from "@tidemark/connectors/iterable";
 *
 * const job = pipeline("flags");
 * const words = job.source("words", fromArray(["ebb", "flow"]));
 * const banned = job.source("banned", fromArray(["flow"]));
 * words.connect(banned.broadcast()).process("flag", broadcastProcess({
 *   state: { banned: broadcastState<string, boolean>() },
 *   emits: emits<string>(),
 *   onRecord(word, context) {
 *     if (context.state.banned.has(word)) context.emit(word);
 *   },
 *   onBroadcast: (word, { state }) => state.banned.set(word, true),
 * }));
 * ```
 */
export function broadcastProcess<T, B, S extends OperatorStateDescriptors, R = never>(
  process: BroadcastProcess<T, B, S, R>,
): BroadcastProcessPlan<T, B, R> {
  const { state, onRecord, onBroadcast, onEnd } = process as unknown as AnyBroadcastProcess;
  return {
    plan: (id) => {
      checkCallbacks(id, process, ["onRecord", "onBroadcast"], ["onEnd"]);
      const create = subtaskOperator(id, {
        state,
        inputs: [
          { name: "onRecord", readsOnly: true, onRecord: onRecord.bind(process) },
          { name: "onBroadcast", readsOnly: false, onRecord: onBroadcast.bind(process) },
        ],
        onEnd: onEnd?.bind(process),
      });
      const operatorStates = operatorShapes(id, state);
      return {
        label: "connect, process",
        timing: "the order of its inputs",
        order: "any",
        slots: undefined,
        operatorStates,
        create,
      };
    },
  };
}

interface AnyBroadcastProcess {
  readonly state: OperatorStateDescriptors;
  onRecord(value: unknown, context: AnySubtaskContext): unknown;
  onBroadcast(value: unknown, context: AnySubtaskContext): unknown;
  onEnd?(context: AnySubtaskContext): unknown;
}
