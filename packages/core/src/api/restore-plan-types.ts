/**
 * What a restore would do, as data.
 *
 * @module
 */
import type { SourceRemainder } from "../connect/source.ts";
import type { ErrorCode } from "../errors.ts";

/** What becomes of a step or a state. `"refused"`: nothing, and the restore fails unless it is allowed. */
export type RestoreAction = "kept" | "migrated" | "dropped" | "new" | "refused";

/** What becomes of one state of an operator. */
export interface StatePlan {
  /** The name of the state. */
  readonly name: string;
  /** What a restore does with it. */
  readonly action: RestoreAction;
  /** The kind of state: `value`, `list`, `map` and so on. */
  readonly kind: string;
  /** The versions of the values that are there. */
  readonly versions: readonly number[];
  /** The version that the pipeline writes; `undefined` if it does not declare the state, or does not tell. */
  readonly version: number | undefined;
  /** How many keys have entries in it; `undefined` of timers, and of what a subtask keeps besides keys. */
  readonly keys: number | undefined;
  /** How many entries it has in the checkpoint. */
  readonly entries: number;
  /** The bytes of their keys and values. */
  readonly bytes: number;
}

/** What becomes of an operator with keyed state. */
export interface OperatorPlan {
  /** The id of the step. */
  readonly operatorId: string;
  /** The id that the snapshot has for it, if it is another one. */
  readonly formerId: string | undefined;
  /** What a restore does with it. */
  readonly action: RestoreAction;
  /** How many subtasks it had, and has; 0 where it is not there. */
  readonly parallelism: { readonly before: number; readonly after: number };
  /** Whether its keys are dealt out to another number of subtasks. */
  readonly repartitioned: boolean;
  /** Its states, one by one. */
  readonly states: readonly StatePlan[];
  /**
   * How many keys it has, in whichever of its states. Exact up to a million keys in each key group; of one with more, the
   * million or the keys of the operator's greatest state there, whichever is more.
   */
  readonly keys: number;
  /** How many entries it has in the checkpoint. */
  readonly entries: number;
  /** How many bytes its entries take, keys included. */
  readonly bytes: number;
  /** The least event time that its key groups had reached; -Infinity if none. */
  readonly watermark: number;
}

/** Where a source goes on in one split. */
export interface SplitPlan {
  /** The connector's own: what there is to read, and the position reached. */
  readonly split: unknown;
  /** The greatest timestamp seen in it, in milliseconds; -Infinity if none. */
  readonly maxTimestamp: number;
  /** What lies behind the position now; `undefined` where the source cannot tell, and of one that is not read on. */
  readonly remaining: SourceRemainder | undefined;
}

/** What becomes of a source. Everything after its positions is read, again or for the first time. */
export interface SourcePlan {
  /** The id of the source in the pipeline. */
  readonly sourceId: string;
  /** Its id in the checkpoint, if it was renamed. */
  readonly formerId: string | undefined;
  /** What a restore does with it. */
  readonly action: RestoreAction;
  /** The splits that it reads on, with their positions. */
  readonly splits: readonly SplitPlan[];
  /**
   * The sums over its splits: the expected replay. A unit is there if every split has it. Splits that no reader had been given
   * yet are in the enumerator's state, and not in these sums.
   */
  readonly remaining: SourceRemainder | undefined;
}

/** What becomes of a sink. */
export interface SinkPlan {
  /** The id of the sink in the pipeline. */
  readonly sinkId: string;
  /** Its id in the checkpoint, if it was renamed. */
  readonly formerId: string | undefined;
  /** What a restore does with it. */
  readonly action: RestoreAction;
  /** How many committables are committed before the first record is read. */
  readonly committed: number;
  /** How many are not, and will not be by this job. */
  readonly dropped: number;
}

/** Why the restore would be refused. */
export interface RestoreProblem {
  /** The code of the error that the restore would fail with. */
  readonly code: ErrorCode;
  /** What is wrong, and what to do. */
  readonly message: string;
}

/** What a restore would do. `String(plan)` prints it. */
export interface RestorePlan {
  /** What messages call the snapshot. */
  readonly snapshot: string;
  /** The name of the job in the checkpoint, and of the pipeline. */
  readonly job: { readonly before: string; readonly after: string };
  /** The checkpoint that it is of. */
  readonly checkpointId: number;
  /** Wall clock in milliseconds: what sources have received since then is read again. */
  readonly takenAt: number;
  /** How many key groups there are, and whether the pipeline takes that number over without having asked for it. */
  readonly keyGroups: { readonly count: number; readonly adopted: boolean };
  /** Every step with state, on either side. */
  readonly operators: readonly OperatorPlan[];
  /** Every source, on either side. */
  readonly sources: readonly SourcePlan[];
  /** Every sink, on either side. */
  readonly sinks: readonly SinkPlan[];
  /** Empty if the restore would be done. */
  readonly problems: readonly RestoreProblem[];
  /** Whether the restore loses nothing and fails with nothing. */
  readonly isSafe: boolean;
  /** The plan as text, for a terminal. */
  toString(): string;
}
