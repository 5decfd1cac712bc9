import type { Output } from "../operators/operator.ts";
import { deepFreeze } from "../state/deep-freeze.ts";

/**
 * Freezes each record before it goes on, so that changing one that was emitted throws where it happens: operators that
 * share a subtask share its records, and a snapshot may still be about to write them.
 */
export function frozenOutput(output: Output): Output {
  return {
    emit: (batch) => {
      for (const value of batch.values) deepFreeze(value);
      return output.emit(batch);
    },
  };
}
