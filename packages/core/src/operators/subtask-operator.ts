import type { OperatorStateDescriptors, OperatorStateHandles } from "../state/operator-state/descriptors.ts";
import { OperatorStates } from "../state/operator-state/operator-states.ts";
import type { StoredOperatorState } from "../state/operator-state/stored.ts";
import { END_OF_TIME, NO_TIMESTAMP } from "../time/timestamps.ts";
import type { Batch } from "./batch.ts";
import { BatchBuffer } from "./batch-buffer.ts";
import { recordOf } from "./call-subject.ts";
import { inTurn } from "./callbacks.ts";
import { DeadLetters } from "./dead-letters.ts";
import type { Operator, OperatorContext, OperatorCut, OperatorFactory } from "./operator.ts";
import { AGAIN, DONE, furthest, type Progress } from "./progress.ts";
import { SubtaskProcessContext } from "./subtask-process-context.ts";
import { userCodeError } from "./user-code.ts";

/** What any context of an operator without keys is. */
export type AnySubtaskContext = SubtaskProcessContext<OperatorStateHandles<OperatorStateDescriptors>, unknown>;

/** What an operator without keys does: one set of operator states, and any number of inputs. */
export interface SubtaskWork {
  readonly state: OperatorStateDescriptors;
  /** By the number of the input. */
  readonly inputs: readonly SubtaskInput[];
  /** Called when all inputs have ended. */
  readonly onEnd: ((context: AnySubtaskContext) => unknown) | undefined;
}

/** One input of an operator without keys. */
export interface SubtaskInput {
  /** The function that gets its records, for messages. */
  readonly name: string;
  /** Whether its records may not change broadcast state. */
  readonly readsOnly: boolean;
  onRecord(value: unknown, context: AnySubtaskContext): unknown;
}

/** Runs what inputs do with operator state. */
export function subtaskOperator(id: string, work: SubtaskWork): OperatorFactory {
  return (context) => new SubtaskOperator(id, work, context);
}

interface BoundInput extends SubtaskInput {
  readonly context: AnySubtaskContext;
}

class SubtaskOperator implements Operator {
  readonly id: string;
  readonly #work: SubtaskWork;
  readonly #context: OperatorContext;
  readonly #states: OperatorStates;
  readonly #buffer: BatchBuffer;
  readonly #inputs: readonly BoundInput[];
  readonly #letters: DeadLetters | undefined;
  /** That of the batch. */
  #input: BoundInput;
  #batch: Batch | undefined;
  #next = 0;
  #watermark = NO_TIMESTAMP;
  #hasEnded = false;

  constructor(id: string, work: SubtaskWork, context: OperatorContext) {
    this.id = id;
    this.#work = work;
    this.#context = context;
    this.#states = new OperatorStates(id, work.state, { strict: context.env.development ?? false });
    this.#buffer = new BatchBuffer(context);
    const { handles, readers } = this.#states;
    this.#inputs = work.inputs.map((input) => ({
      ...input,
      context: new SubtaskProcessContext(input.readsOnly ? readers : handles, this.#buffer, context),
    }));
    this.#input = this.#inputs[0] as BoundInput;
    this.#letters = DeadLetters.of(id, context, this.#buffer);
  }

  batch(input: number, batch: Batch): Progress {
    this.#input = this.#inputs[input] as BoundInput;
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
    const { name, context } = this.#input;
    context.enter(batch.timestamps[this.#next] as number, this.#watermark);
    const mark = this.#letters === undefined ? undefined : this.#buffer.mark();
    try {
      const value = batch.values[this.#next];
      if (mark === undefined) inTurn(this.#input.onRecord(value, context));
      else this.#states.atomically(() => inTurn(this.#input.onRecord(value, context)));
    } catch (error) {
      const record = recordOf(batch, this.#next);
      if (mark === undefined) throw userCodeError(error, this.id, name, record);
      this.#buffer.rollback(mark);
      this.#letters?.add(error, name, record);
    } finally {
      context.leave();
    }
    this.#next++;
    if (this.#next >= batch.values.length) this.#batch = undefined;
    return true;
  }

  #end(): boolean {
    if (this.#watermark !== END_OF_TIME || this.#hasEnded) return false;
    this.#hasEnded = true;
    if (this.#work.onEnd === undefined) return false;
    const { context } = this.#inputs[0] as BoundInput;
    context.enter(NO_TIMESTAMP, END_OF_TIME);
    try {
      inTurn(this.#work.onEnd(context));
    } catch (error) {
      throw userCodeError(error, this.id, "onEnd");
    } finally {
      context.leave();
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
