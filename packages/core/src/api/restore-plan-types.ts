/**
 * What a restore would do, as data.
 *
 * @module
 */
import type { ErrorCode } from "../errors.ts";
import type { SnapshotSource } from "../savepoints/snapshot.ts";

/** What becomes of a step or a state. `"refused"`: nothing, and the restore fails unless it is allowed. */
export type RestoreAction = "kept" | "migrated" | "dropped" | "new" | "refused";

/** What becomes of one state of an operator. */
export interface StatePlan {
  readonly name: string;
  readonly action: RestoreAction;
  readonly kind: string;
  /** The versions of the values that are there. */
  readonly versions: readonly number[];
  /** The version that the pipeline writes; `undefined` if it does not declare the state, or does not tell. */
  readonly version: number | undefined;
  readonly entries: number;
  /** The bytes of their keys and values. */
  readonly bytes: number;
}

/** What becomes of an operator with keyed state. */
export interface OperatorPlan {
  readonly operatorId: string;
  /** The id that the snapshot has for it, if it is another one. */
  readonly formerId: string | undefined;
  readonly action: RestoreAction;
  /** How many subtasks it had, and has; 0 where it is not there. */
  readonly parallelism: { readonly before: number; readonly after: number };
  /** Whether its keys are dealt out to another number of subtasks. */
  readonly repartitioned: boolean;
  readonly states: readonly StatePlan[];
  readonly entries: number;
  readonly bytes: number;
  /** The least event time that its key groups had reached; -Infinity if none. */
  readonly watermark: number;
}

/** What becomes of a source. Everything after its positions is read again. */
export interface SourcePlan {
  readonly sourceId: string;
  readonly formerId: string | undefined;
  readonly action: RestoreAction;
  readonly splits: SnapshotSource["splits"];
}

/** What becomes of a sink. */
export interface SinkPlan {
  readonly sinkId: string;
  readonly formerId: string | undefined;
  readonly action: RestoreAction;
  /** How many committables are committed before the first record is read. */
  readonly committed: number;
  /** How many are not, and will not be by this job. */
  readonly dropped: number;
}

/** Why the restore would be refused. */
export interface RestoreProblem {
  readonly code: ErrorCode;
  readonly message: string;
}

/** What a restore would do. `String(plan)` prints it. */
export interface RestorePlan {
  /** What messages call the snapshot. */
  readonly snapshot: string;
  readonly job: { readonly before: string; readonly after: string };
  readonly checkpointId: number;
  /** Wall clock in milliseconds: what sources have received since then is read again. */
  readonly takenAt: number;
  /** How many key groups there are, and whether the pipeline takes that number over without having asked for it. */
  readonly keyGroups: { readonly count: number; readonly adopted: boolean };
  readonly operators: readonly OperatorPlan[];
  readonly sources: readonly SourcePlan[];
  readonly sinks: readonly SinkPlan[];
  /** Empty if the restore would be done. */
  readonly problems: readonly RestoreProblem[];
  readonly isSafe: boolean;
  toString(): string;
}
