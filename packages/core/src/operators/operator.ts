import type { Env } from "../env/env.ts";
import type { KeyGroupRange } from "../state/key-groups.ts";
import type { StateEntry } from "../state/backend.ts";
import type { FrozenTable } from "../state/frozen-table.ts";
import type { SlotShape } from "../state/layout.ts";
import type { StateItems, StoredOperatorState } from "../state/operator-state/stored.ts";
import type { StateAccess } from "../state/paging/state-access.ts";
import type { StateMemory } from "../state/paging/state-memory.ts";
import type { Batch } from "./batch.ts";
import type { PagingParts } from "./paging-parts.ts";
import type { Progress, WorkSlice } from "./progress.ts";
import type { Requests } from "./requests.ts";

/** Where an operator puts what it makes. */
export interface Output {
  /**
   * Takes a batch that will not be changed any more. Anything but DONE: it was taken, but give no further one before
   * `resume` has been called and has come back with DONE.
   */
  emit(batch: Batch): Progress;
}

/** What a subtask's memory is limited by, and where its state is when it is not there. */
export interface OperatorPaging {
  readonly memory: StateMemory;
  readonly access: StateAccess;
  readonly parts: PagingParts;
  /** Has changes written before the next barrier. They belong to the epoch that is open. */
  spill(operatorId: string, changes: FrozenTable): void;
}

/** What an operator is given when its subtask is made. */
export interface OperatorContext {
  /** The door to the outside: clock, chance, timers, log. */
  readonly env: Env;
  /** The name of the pipeline. */
  readonly job: string;
  /** Its number among the subtasks of its step, from 0. */
  readonly subtask: number;
  /** How many subtasks run the step. */
  readonly parallelism: number;
  /** The start of the job that it belongs to; each fences those before it. */
  readonly generation: number;
  /** Into how many key groups the keys of the job are divided. */
  readonly keyGroups: number;
  /** The key groups of this subtask, both ends included. */
  readonly range: KeyGroupRange;
  /** How much work it may do before others have a turn. */
  readonly slice: WorkSlice;
  /** Starts what takes time. */
  readonly requests: Requests;
  /** Where records go on. */
  readonly output: Output;
  /** How many subtasks the steps have that read the main output; each number once. Default: nobody reads it. */
  readonly readers?: readonly number[];
  /** The side output for what the step cannot handle. `undefined`: the first such record fails the job. */
  readonly deadLetters?: string | undefined;
  /** `undefined`: all state stays in memory. */
  readonly paging?: OperatorPaging | undefined;
  /** Counts records that came after their window was fired and that no side output takes. */
  droppedLate(records: number): void;
  /** Counts a dead letter. */
  deadLettered(call: string): void;
  /** The output of a side stream; nowhere if nobody reads it. */
  sideOutput(name: string): Output;
}

/** What an operator adds to a checkpoint besides its keyed entries. */
export interface OperatorSnapshot {
  /** The id of the step. */
  readonly operatorId: string;
  /** The states of a keyed operator, as it declares them. */
  readonly states?: readonly SlotShape[];
  /** The event time that a keyed operator had reached, for its subtask's key groups. */
  readonly watermarks?: readonly WatermarkFloor[];
  /** Its operator states, with all that its subtask keeps in them. */
  readonly operatorStates?: readonly StateItems[];
  /** What a sink made ready to be committed, as encoded values, with the checkpoint at which it was cut. */
  readonly committables?: readonly { readonly checkpointId: number; readonly bytes: Uint8Array }[];
}

/** A watermark that keyed state had reached when it was saved. */
export interface WatermarkFloor {
  readonly keyGroups: KeyGroupRange;
  readonly watermark: number;
}

/** What an operator froze at a barrier, handed on in slices. */
export interface OperatorCut {
  /** The frozen changes of its keyed table, if it has one. */
  readonly table?: FrozenTable;
  /** The rest; `undefined` while a request for it is under way. */
  snapshot(): OperatorSnapshot | undefined;
}

/**
 * One instance of an operator in one subtask. Calls come one at a time and none of them waits. After anything but DONE,
 * nothing but `resume` and `completed` follows until `resume` says DONE.
 */
export interface Operator {
  /** The id of the step, under which its entries lie. */
  readonly id: string;
  /** Whether its entries may stay in the store until they are asked for. Default: all of them are restored. */
  readonly isPaged?: boolean;
  /** Takes records of an input. It may keep the batch until it has come back with DONE. */
  batch(input: number, batch: Batch): Progress;
  /** Goes on with what was left. DONE if nothing is. */
  resume(): Progress;
  /**
   * No record at or before this time follows, but for late ones. It goes on to the next operator when this has come back with
   * DONE; one that has `release` keeps it instead.
   */
  watermark?(time: number): Progress;
  /**
   * For an operator that keeps records back after its calls are done, and watermarks with them: the watermark that goes on now,
   * once. Asked after each of its calls but `batch`. While one is due it emits nothing.
   */
  release?(): number | undefined;
  /**
   * Whether it may go beyond its own bound of records that wait, because a barrier waits behind them: what it has no room for
   * becomes part of its state. It may say PENDING still when that is too much.
   */
  overdraw?(allowed: boolean): void;
  /** Whether it keeps nothing back: records of its own, or watermarks. Default: it never does. */
  readonly isDrained?: boolean;
  /**
   * Whether all that is left of a call of `watermark` is timers that are due: nothing that came in or went out is kept back, and
   * no request is under way. Then a snapshot may be taken. Default: never.
   */
  readonly isFiring?: boolean;
  /**
   * The event time that all of its key groups had reached in the restored checkpoint, which may have come before all timers of it
   * had fired; `undefined` if that is nothing, or the end of time. Asked once, after `restored`.
   */
  reached?(): number | undefined;
  /** Processing time has reached this moment. */
  tick?(now: number): Progress;
  /** When `tick` should be called next. */
  nextTick?(): number | undefined;
  /** Freezes what belongs before the barrier. */
  cut?(checkpointId: number): OperatorCut;
  /** Takes an entry of a restored checkpoint. */
  restoreEntry?(entry: StateEntry): void;
  /** Takes its share of the operator state of a restored checkpoint: told what all subtasks had kept, once. */
  restoreOperatorState?(stored: StoredOperatorState): void;
  /**
   * Told the watermarks that its key groups had reached, once, after all entries.
   *
   * @param isComplete false: its entries are still in the store, all or a part of them. Only said to those that can do with it.
   */
  restored?(floors: readonly WatermarkFloor[], isComplete?: boolean): void;
  /** A checkpoint is complete: what was cut for it and before it is settled. May never be called. */
  completed?(checkpointId: number): void;
  /** Gives back what it holds. Nothing may depend on its being called. */
  close?(): Promise<void>;
}

/** Makes an operator for a subtask. */
export type OperatorFactory = (context: OperatorContext) => Operator;
