import { atomicFlatMap } from "./atomic-flat-map.ts";
import { type Batch, BATCH_RECORDS } from "./batch.ts";
import { recordOf } from "./call-subject.ts";
import { iterable } from "./iterable.ts";
import type { Operator, OperatorFactory, Output } from "./operator.ts";
import { AGAIN, DONE, type Progress, type WorkSlice } from "./progress.ts";
import { userCodeError } from "./user-code.ts";

/** Each record becomes any number of records, at the same time. Long iterables are consumed a slice at a time. */
export function flatMapOperator(id: string, expand: (value: unknown) => Iterable<unknown>): OperatorFactory {
  return (context) =>
    context.deadLetters === undefined
      ? new FlatMapOperator(id, expand, context.output, context.slice)
      : atomicFlatMap({ id, call: "flatMap", expand }, context);
}

const NO_BATCH: Batch = { values: [], timestamps: [] };

class FlatMapOperator implements Operator {
  readonly id: string;
  readonly #expand: (value: unknown) => Iterable<unknown>;
  readonly #output: Output;
  readonly #slice: WorkSlice;
  #batch: Batch = NO_BATCH;
  #next = 0;
  #open: Iterator<unknown> | undefined;

  constructor(id: string, expand: (value: unknown) => Iterable<unknown>, output: Output, slice: WorkSlice) {
    this.id = id;
    this.#expand = expand;
    this.#output = output;
    this.#slice = slice;
  }

  batch(_input: number, batch: Batch): Progress {
    this.#batch = batch;
    this.#next = 0;
    return this.resume();
  }

  resume(): Progress {
    while (this.#open !== undefined || this.#next < this.#batch.values.length) {
      const progress = this.#emitSome();
      if (progress !== DONE) return progress;
      if (this.#slice.remaining <= 0 && this.#open !== undefined) return AGAIN;
    }
    this.#batch = NO_BATCH;
    this.#next = 0;
    return DONE;
  }

  /** Emits one batch, or what is left. */
  #emitSome(): Progress {
    const values: unknown[] = [];
    const timestamps: number[] = [];
    try {
      while (values.length < BATCH_RECORDS && this.#advance(values, timestamps)) this.#slice.remaining--;
    } catch (error) {
      throw userCodeError(error, this.id, "flatMap", recordOf(this.#batch, this.#next));
    }
    return values.length === 0 ? DONE : this.#output.emit({ values, timestamps });
  }

  /** Takes one step: a record made, or a record's iterable begun or ended. False when there is nothing left. */
  #advance(values: unknown[], timestamps: number[]): boolean {
    if (this.#open === undefined) {
      if (this.#next >= this.#batch.values.length) return false;
      this.#open = iterable(this.#expand(this.#batch.values[this.#next]))[Symbol.iterator]();
      return true;
    }
    const step = this.#open.next();
    if (step.done === true) {
      this.#open = undefined;
      this.#next++;
      return true;
    }
    values.push(step.value);
    timestamps.push(this.#batch.timestamps[this.#next] as number);
    return true;
  }
}
