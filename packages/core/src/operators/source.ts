import type { Batch } from "./batch.ts";
import type { Operator, OperatorContext } from "./operator.ts";
import { DONE, type Progress } from "./progress.ts";

/** The input of a source operator that takes the records. */
export const RECORDS_INPUT = 0;

/** The input of a source operator that takes what the source rejected. */
export const REJECTED_INPUT = 1;

/** The head of a source stage: hands records on, and rejected ones to their side output. */
export function sourceOperator(id: string, deadLetters: string | undefined, context: OperatorContext): Operator {
  const rejected = deadLetters === undefined ? undefined : context.sideOutput(deadLetters);
  return {
    id,
    batch: (input: number, batch: Batch): Progress => {
      const output = input === REJECTED_INPUT ? rejected : context.output;
      return output?.emit(batch) ?? DONE;
    },
    resume: () => DONE,
  };
}
