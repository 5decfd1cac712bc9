import type { Misuse } from "../misuse.ts";
import type { DeclaredShape } from "../state/declared-shape.ts";
import type { OperatorStateDescriptors } from "../state/operator-state/descriptors.ts";
import { operatorShapes, OperatorStates } from "../state/operator-state/operator-states.ts";
import type { StoredOperatorState } from "../state/operator-state/stored.ts";
import { END_OF_TIME, NO_TIMESTAMP } from "../time/timestamps.ts";
import type { Batch } from "./batch.ts";
import { BatchBuffer } from "./batch-buffer.ts";
import { recordOf } from "./call-subject.ts";
import type { Operator, OperatorContext, OperatorCut, OperatorFactory } from "./operator.ts";
import type { Emits } from "./process.ts";
import { AGAIN, DONE, furthest, type Progress } from "./progress.ts";
import { type NoTimers, SubtaskProcessContext, timerWithoutKey } from "./subtask-process-context.ts";
import { userCodeError } from "./user-code.ts";

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
  onRecord(value: T, context: SubtaskProcessContext<S, R>): void;
  /**
   * Called when the input has ended, for what is still kept. After a restart from then on it is called again: clear what was
   * emitted.
   */
  onEnd?(context: SubtaskProcessContext<S, R>): void;
  /** Never there: timers belong to keys. */
  readonly onTimer?: NoTimers;
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
  plan(id: string): { readonly create: OperatorFactory; readonly states: readonly DeclaredShape[] };
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
  const any = process as unknown as AnySubtaskProcess;
  return {
    plan: (id) => {
      if (any.onTimer !== undefined) throw timerWithoutKey();
      return {
        create: (context) => new SubtaskProcessOperator(id, any, context),
        states: operatorShapes(id, any.state ?? {}),
      };
    },
  };
}

type AnySubtaskProcess = SubtaskProcess<unknown, OperatorStateDescriptors, unknown>;

class SubtaskProcessOperator implements Operator {
  readonly id: string;
  readonly #process: AnySubtaskProcess;
  readonly #context: OperatorContext;
  readonly #states: OperatorStates;
  readonly #buffer: BatchBuffer;
  readonly #user: SubtaskProcessContext<OperatorStateDescriptors, unknown>;
  #batch: Batch | undefined;
  #next = 0;
  #watermark = NO_TIMESTAMP;
  #hasEnded = false;

  constructor(id: string, process: AnySubtaskProcess, context: OperatorContext) {
    this.id = id;
    this.#process = process;
    this.#context = context;
    this.#states = new OperatorStates(id, process.state ?? {}, { strict: context.env.development ?? false });
    this.#buffer = new BatchBuffer(context);
    this.#user = new SubtaskProcessContext(this.#states.handles, this.#buffer, context);
  }

  batch(_input: number, batch: Batch): Progress {
    this.#batch = batch.values.length === 0 ? undefined : batch;
    this.#next = 0;
    return this.resume();
  }

  resume(): Progress {
    const { slice } = this.#context;
    let progress = this.#buffer.flush();
    while (progress === DONE) {
      if (!this.#step()) return this.#buffer.flush();
      slice.remaining--;
      if (this.#buffer.isFull) progress = this.#buffer.flush();
      else if (slice.remaining <= 0) progress = furthest(this.#buffer.flush(), AGAIN);
    }
    return progress;
  }

  /** Calls the user once. False: there is nothing to call for. */
  #step(): boolean {
    const batch = this.#batch;
    if (batch === undefined) return this.#end();
    this.#user.enter(batch.timestamps[this.#next] as number, this.#watermark);
    try {
      this.#process.onRecord(batch.values[this.#next], this.#user);
    } catch (error) {
      throw userCodeError(error, this.id, "onRecord", recordOf(batch, this.#next));
    }
    this.#next++;
    if (this.#next >= batch.values.length) this.#batch = undefined;
    return true;
  }

  #end(): boolean {
    if (this.#watermark !== END_OF_TIME || this.#hasEnded) return false;
    this.#hasEnded = true;
    if (this.#process.onEnd === undefined) return false;
    this.#user.enter(NO_TIMESTAMP, END_OF_TIME);
    try {
      this.#process.onEnd(this.#user);
    } catch (error) {
      throw userCodeError(error, this.id, "onEnd");
    }
    return true;
  }

  watermark(time: number): Progress {
    this.#watermark = time;
    return this.resume();
  }

  cut(): OperatorCut {
    const frozen = this.#states.freeze();
    return { snapshot: () => ({ operatorId: this.id, operatorStates: frozen() }) };
  }

  restoreOperatorState(stored: StoredOperatorState): void {
    this.#states.restore(stored, this.#context.subtask, this.#context.parallelism);
  }
}
