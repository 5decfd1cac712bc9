import type { SavepointLocation } from "../savepoints/image.ts";

/** Which savepoint a job begins with, and what becomes of what its sinks had still to commit. */
export type RestoreFrom = RestoreSavepoint & (ClaimSavepoint | ForkSavepoint);

/** The savepoint. */
export interface RestoreSavepoint {
  readonly savepoint: SavepointLocation;
  /** New ids of sources, operators and sinks, by the old ones that the savepoint has. */
  readonly rename?: Readonly<Record<string, string>>;
}

/** The job that the savepoint was taken of is over, and this one goes on in its place. */
export interface ClaimSavepoint {
  readonly claim: true;
}

/** The job that the savepoint was taken of may still be running, or other jobs begin with it too. */
export interface ForkSavepoint {
  readonly claim: false;
  /**
   * `"commit"`: what sinks had still to commit is committed, once more where it has been. `"drop"`: it is left to the
   * other job. Either way this one has to write to other places: sinks clear away what no checkpoint of theirs names.
   */
  readonly committables: "commit" | "drop";
}

/** What a restore leaves behind on purpose. It holds for checkpoints and savepoints alike. */
export interface RestoreAllowances {
  /** Ids of steps that the pipeline no longer has, and whose state may be left behind. Default: none. */
  readonly allowUnmapped?: readonly string[];
  /**
   * Whether to go on from where the job was drained: event time is at its end there, so that every further record of
   * these sources is late. Default: false.
   */
  readonly allowDrained?: boolean;
}
