/**
 * The lock file of a pipeline: what it keeps, written down, so that a change which stored state would not survive fails a
 * test and not a restart.
 *
 * @example
 * ```ts
 * import { pipeline } from "@tidemark/core";
 * import { describeState, renderLock } from "@tidemark/core/lock";
 *
 * const job = pipeline("delays");
 * const text = renderLock(describeState(job));
 * ```
 *
 * @module
 */
export { assertLock, checkLock, type LockDisagreement } from "./graph/lock/check-lock.ts";
export { type Described, describeState } from "./graph/lock/describe-state.ts";
export {
  type LockedOperator,
  type LockedSchema,
  type LockedState,
  parseLock,
  renameSteps,
  renderLock,
  type StateLock,
} from "./graph/lock/state-lock.ts";
export type { KeyShape } from "./state/key-shape.ts";
