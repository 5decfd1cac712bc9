import { atomicFlatMap } from "./atomic-flat-map.ts";
import type { Batch } from "./batch.ts";
import { inTurn } from "./callbacks.ts";
import { recordOf } from "./call-subject.ts";
import type { Operator, OperatorFactory, Output } from "./operator.ts";
import { DONE, type Progress } from "./progress.ts";
import { userCodeError } from "./user-code.ts";

/** Each record becomes another one, at the same time. */
export function mapOperator(id: string, transform: (value: unknown) => unknown): OperatorFactory {
  return (context) =>
    context.deadLetters === undefined
      ? new MapOperator(id, transform, context.output)
      : atomicFlatMap({ id, call: "map", expand: (value) => [inTurn(transform(value))] }, context);
}

class MapOperator implements Operator {
  readonly id: string;
  readonly #transform: (value: unknown) => unknown;
  readonly #output: Output;

  constructor(id: string, transform: (value: unknown) => unknown, output: Output) {
    this.id = id;
    this.#transform = transform;
    this.#output = output;
  }

  batch(_input: number, batch: Batch): Progress {
    const transform = this.#transform;
    const { values } = batch;
    const results = new Array<unknown>(values.length);
    let i = 0;
    try {
      for (; i < values.length; i++) {
        const result = transform(values[i]);
        // Of each batch the first is looked at: a function that gives promises gives them all the time.
        results[i] = i === 0 ? inTurn(result) : result;
      }
    } catch (error) {
      throw userCodeError(error, this.id, "map", recordOf(batch, i));
    }
    return this.#output.emit({ values: results, timestamps: batch.timestamps });
  }

  resume(): Progress {
    return DONE;
  }
}
