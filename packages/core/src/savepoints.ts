/**
 * State offline: open any checkpoint or savepoint without the code of its job, look into it, compare two, write a changed
 * one, and see what a restore would do before it is done.
 *
 * @example
 * ```ts
 * import { memory } from "@tidemark/backend-memory";
 * import { fromArray, toArray } from "@tidemark/connectors/iterable";
 * import { pipeline, run } from "@tidemark/core";
 * import { memorySavepoint, openSavepoint } from "@tidemark/core/savepoints";
 *
 * const job = pipeline("words");
 * job
 *   .source("words", fromArray(["to", "be", "or", "not", "to", "be"]))
 *   .keyBy((word) => word)
 *   .reduce("latest", (_, word) => word)
 *   .sink("out", toArray<string>().sink);
 *
 *
 * const place = memorySavepoint();
 * const handle = run(job, { backend: memory() });
 * await handle.savepoint(place, { after: "stop" });
 * await handle.finished;
 * const snapshot = await openSavepoint(place);
 * console.log(snapshot.sources().map(({ sourceId }) => sourceId));
 * // prints ["words"]
 * await snapshot.close();
 * ```
 *
 * @module
 */
export { planRestore, type RestorePlanOptions } from "./api/restore-plan.ts";
export type {
  OperatorPlan,
  RestoreAction,
  RestorePlan,
  RestoreProblem,
  SinkPlan,
  SourcePlan,
  SplitPlan,
  StatePlan,
} from "./api/restore-plan-types.ts";
export { diff, type EntryChange, type SnapshotDiff, type SourceChange } from "./savepoints/diff.ts";
export type { EntryPlace, SnapshotEntry, SnapshotTimer } from "./savepoints/entry.ts";
export type {
  HeldCheckpoint,
  ImageFacts,
  ImageOperator,
  ImageState,
  JobOrigin,
  SavepointLocation,
  SavepointSummary,
  SnapshotImage,
} from "./savepoints/image.ts";
export { PARTIAL_SUFFIX } from "./savepoints/index-codec.ts";
export type { SnapshotInFlight } from "./savepoints/in-flight.ts";
export { memorySavepoint, objectSavepoint, savepointIn } from "./savepoints/location.ts";
export {
  type CheckpointChoice,
  type CheckpointPlace,
  listCheckpoints,
  openCheckpoint,
  openCheckpoints,
  openSavepoint,
} from "./savepoints/open.ts";
export { claim, type ClaimOptions, fork, type ForkOptions } from "./savepoints/origin.ts";
export type { EntryFilter } from "./savepoints/ranges.ts";
export type {
  MapItem,
  OperatorStateChange,
  SnapshotItem,
  SnapshotOperatorState,
  SnapshotPart,
} from "./savepoints/operator-state.ts";
export type { Renames } from "./savepoints/rename.ts";
export { type EntryPut, rewrite, type RewriteOptions } from "./savepoints/rewrite.ts";
export type { Snapshot, SnapshotSink, SnapshotSource, TimerFilter } from "./savepoints/snapshot.ts";
export { memorySavepointStore, objectSavepointStore, type SavepointStore } from "./savepoints/store.ts";
export type { RetainedCheckpoint } from "./checkpoint/head.ts";
export type {
  OperatorState,
  PendingCommit,
  SinkState,
  SourceState,
  SplitPosition,
  StateShape,
} from "./checkpoint/manifest.ts";
