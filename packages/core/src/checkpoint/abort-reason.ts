/** Why a checkpoint was aborted, or a request for one was turned down. A closed list. */
export type AbortReason =
  /** It was not complete within `checkpoint.timeout`. */
  | "expired"
  /** A subtask could not write its part. */
  | "snapshot-failed"
  /** What the parts were to become durable with, or the manifest, could not be written. */
  | "manifest-failed"
  /** A later checkpoint is complete. */
  | "subsumed"
  /** A subtask met the barrier of a later checkpoint while it waited for those of this one. */
  | "barrier-subsumed"
  /** A subtask was told by an earlier one that no barrier of this checkpoint follows. */
  | "cancel-marker"
  /** A subtask is about to close and takes no part any more. */
  | "subtask-closing"
  /** Too many requests wait already. */
  | "too-many-requests"
  /** A region has failed and restarts; the others go on. */
  | "region-failed"
  /** The attempt has failed; the job may start again. */
  | "suspended"
  /** The job is over. */
  | "shutdown";

/** Why a subtask takes no part in a checkpoint. */
export type DeclineReason = Extract<
  AbortReason,
  "snapshot-failed" | "barrier-subsumed" | "cancel-marker" | "subtask-closing"
>;

/**
 * Whether an abort says that something is wrong, and so counts for `checkpoint.tolerableFailures`. The others are the
 * ordinary course of things. (The division is Apache Flink's, `CheckpointFailureManager`.)
 */
const COUNTED: Readonly<Record<AbortReason, boolean>> = {
  expired: true,
  "snapshot-failed": true,
  "manifest-failed": true,
  subsumed: false,
  "barrier-subsumed": false,
  "cancel-marker": false,
  "subtask-closing": false,
  "too-many-requests": false,
  "region-failed": false,
  suspended: false,
  shutdown: false,
};

/** All reasons there are. */
export const ABORT_REASONS: readonly AbortReason[] = Object.keys(COUNTED) as AbortReason[];

/**
 * Whether a checkpoint that was aborted for this reason counts as a failure. One that was asked for as a savepoint counts
 * only if a subtask failed: what keeps a savepoint from being complete need not keep the job from going on.
 */
export function countsAsFailure(reason: AbortReason, isSavepoint: boolean): boolean {
  return isSavepoint ? reason === "snapshot-failed" : COUNTED[reason];
}
