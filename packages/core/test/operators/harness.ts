export { batchOf, type Call, inBatches, type Outcome, type Timed } from "../../src/testing/operator/calls.ts";
export { OperatorHarness as Harness } from "../../src/testing/operator/harness.ts";
export type { OperatorHarnessOptions as HarnessOptions, Saved } from "../../src/testing/operator/harness-options.ts";
export { runOperator as run, verifyAsyncOperator, verifyOperator } from "../../src/testing/operator/verify.ts";
import { BATCH_RECORDS } from "../../src/operators/batch.ts";

/** More than one batch between subtasks holds. */
export const MANY: number = 3 * BATCH_RECORDS + 7;
