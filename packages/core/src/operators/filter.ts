import { atomicFlatMap } from "./atomic-flat-map.ts";
import type { Batch } from "./batch.ts";
import { inTurn } from "./callbacks.ts";
import { recordOf } from "./call-subject.ts";
import type { Operator, OperatorFactory, Output } from "./operator.ts";
import { DONE, type Progress } from "./progress.ts";
import { userCodeError } from "./user-code.ts";

/** Only records that pass go on. */
export function filterOperator(id: string, passes: (value: unknown) => boolean): OperatorFactory {
  return (context) =>
    context.deadLetters === undefined
      ? new FilterOperator(id, passes, context.output)
      : atomicFlatMap({ id, call: "filter", expand: (value) => (inTurn(passes(value)) ? [value] : []) }, context);
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
    // Of their greatest length at once: growing them took as much memory again as the records of a stage.
    const kept = new Array<unknown>(values.length);
    const times = new Array<number>(values.length);
    let count = 0;
    let i = 0;
    try {
      for (; i < values.length; i++) {
        const value = values[i];
        const passed = passes(value);
        if (typeof passed !== "boolean") inTurn(passed);
        if (!passed) continue;
        kept[count] = value;
        times[count] = timestamps[i] as number;
        count++;
      }
    } catch (error) {
      throw userCodeError(error, this.id, "filter", recordOf(batch, i));
    }
    if (count === 0) return DONE;
    if (count === values.length) return this.#output.emit(batch);
    kept.length = count;
    times.length = count;
    return this.#output.emit({ values: kept, timestamps: times });
  }

  resume(): Progress {
    return DONE;
  }
}
