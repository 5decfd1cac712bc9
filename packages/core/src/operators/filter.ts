import { atomicFlatMap } from "./atomic-flat-map.ts";
import type { Batch } from "./batch.ts";
import { recordOf } from "./call-subject.ts";
import type { Operator, OperatorFactory, Output } from "./operator.ts";
import { DONE, type Progress } from "./progress.ts";
import { userCodeError } from "./user-code.ts";

/** Only records that pass go on. */
export function filterOperator(id: string, passes: (value: unknown) => boolean): OperatorFactory {
  return (context) =>
    context.deadLetters === undefined
      ? new FilterOperator(id, passes, context.output)
      : atomicFlatMap({ id, call: "filter", expand: (value) => (passes(value) ? [value] : []) }, context);
}

class FilterOperator implements Operator {
  readonly id: string;
  readonly #passes: (value: unknown) => boolean;
  readonly #output: Output;

  constructor(id: string, passes: (value: unknown) => boolean, output: Output) {
    this.id = id;
    this.#passes = passes;
    this.#output = output;
  }

  batch(_input: number, batch: Batch): Progress {
    const passes = this.#passes;
    const { values, timestamps } = batch;
    const kept: unknown[] = [];
    const times: number[] = [];
    let i = 0;
    try {
      for (; i < values.length; i++) {
        if (!passes(values[i])) continue;
        kept.push(values[i]);
        times.push(timestamps[i] as number);
      }
    } catch (error) {
      throw userCodeError(error, this.id, "filter", recordOf(batch, i));
    }
    return kept.length === 0 ? DONE : this.#output.emit({ values: kept, timestamps: times });
  }

  resume(): Progress {
    return DONE;
  }
}
