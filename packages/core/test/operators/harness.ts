export {
  batchOf,
  type Call,
  inBatches,
  OperatorHarness as Harness,
  type OperatorHarnessOptions as HarnessOptions,
  type Outcome,
  type Saved,
  type Timed,
} from "../../src/testing/operator/harness.ts";
export { runOperator as run, verifyAsyncOperator, verifyOperator } from "../../src/testing/operator/verify.ts";
import { BATCH_RECORDS } from "../../src/operators/batch.ts";

/** More than one batch between subtasks holds. */
export const MANY: number = 3 * BATCH_RECORDS + 7;
