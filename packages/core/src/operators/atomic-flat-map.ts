import type { Batch } from "./batch.ts";
import { BatchBuffer } from "./batch-buffer.ts";
import { recordOf } from "./call-subject.ts";
import { checkHeld, DeadLetters } from "./dead-letters.ts";
import { iterable } from "./iterable.ts";
import type { Operator, OperatorContext } from "./operator.ts";
import { AGAIN, DONE, furthest, type Progress, type WorkSlice } from "./progress.ts";

/** A step without state whose records are atomic. */
export interface AtomicSpec {
  readonly id: string;
  /** What the function is called in dead letters. */
  readonly call: string;
  readonly expand: (value: unknown) => Iterable<unknown>;
}

/**
 * Each record becomes any number of records, or a dead letter: what is made of it is held until its iterable has ended. Long
 * iterables are consumed a slice at a time; one that makes more than can be held becomes a dead letter.
 */
export function atomicFlatMap(spec: AtomicSpec, context: OperatorContext): Operator {
  return new AtomicFlatMapOperator(spec, context);
}

const NO_BATCH: Batch = { values: [], timestamps: [] };

class AtomicFlatMapOperator implements Operator {
  readonly id: string;
  readonly #spec: AtomicSpec;
  readonly #slice: WorkSlice;
  readonly #buffer: BatchBuffer;
  readonly #letters: DeadLetters | undefined;
  #batch: Batch = NO_BATCH;
  #next = 0;
  #open: Iterator<unknown> | undefined;
  #held: unknown[] = [];

  constructor(spec: AtomicSpec, context: OperatorContext) {
    this.id = spec.id;
    this.#spec = spec;
    this.#slice = context.slice;
    this.#buffer = new BatchBuffer(context);
    this.#letters = DeadLetters.of(spec.id, context, this.#buffer);
  }

  batch(_input: number, batch: Batch): Progress {
    this.#batch = batch;
    this.#next = 0;
    return this.resume();
  }

  resume(): Progress {
    let progress = this.#buffer.flush();
    while (progress === DONE && this.#next < this.#batch.values.length) {
      this.#step(this.#batch);
      this.#slice.remaining--;
      if (this.#buffer.isFull) progress = this.#buffer.flush();
      else if (this.#slice.remaining <= 0) return furthest(this.#buffer.flush(), AGAIN);
    }
    if (progress !== DONE) return progress;
    this.#batch = NO_BATCH;
    this.#next = 0;
    return this.#buffer.flush();
  }

  /** Begins a record, takes one result of it, or ends it. */
  #step(batch: Batch): void {
    try {
      if (this.#advance(batch)) return;
      const timestamp = batch.timestamps[this.#next] as number;
      for (const value of this.#held) this.#buffer.emit(value, timestamp);
    } catch (error) {
      this.#letters?.add(error, this.#spec.call, recordOf(batch, this.#next));
    }
    this.#open = undefined;
    this.#held = [];
    this.#next++;
  }

  /** False: there is no more of the record. */
  #advance({ values }: Batch): boolean {
    this.#open ??= iterable(this.#spec.expand(values[this.#next]))[Symbol.iterator]();
    const step = this.#open.next();
    if (step.done === true) return false;
    this.#held.push(step.value);
    try {
      checkHeld(this.#held.length);
    } catch (error) {
      this.#open.return?.();
      throw error;
    }
    return true;
  }
}
