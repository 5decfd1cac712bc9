import type { KeyRange, StateEntry } from "../state/backend.ts";
import type { Batch } from "../operators/batch.ts";
import type { OperatorSnapshot, WatermarkFloor } from "../operators/operator.ts";
import type { Progress } from "../operators/progress.ts";
import type { StoredOperatorState } from "../state/operator-state/stored.ts";

/** What a restored checkpoint has of an operator besides its entries: the watermarks that its key groups had reached. */
export interface RestoredOperator {
  readonly operatorId: string;
  readonly watermarks: readonly WatermarkFloor[];
  /** Whether all its entries have been handed over; the others are in the store. */
  readonly isComplete: boolean;
  /** The operator state of all its subtasks; `undefined` if there is none. */
  readonly operatorState: StoredOperatorState | undefined;
}

/** A piece of a snapshot: entries inside one key group; or word that there is more, or a wait, or the rest of it. */
export type SnapshotPart =
  | {
      readonly kind: "entries";
      readonly keyGroup: number;
      /** Before everything else of the checkpoint. */
      readonly rangeDeletes: readonly KeyRange[];
      readonly puts: readonly StateEntry[];
      readonly deletes: readonly Uint8Array[];
    }
  /** Nothing to give yet, but work to go on with. */
  | { readonly kind: "more" }
  /** Nothing before a request completes. */
  | { readonly kind: "waiting" }
  | { readonly kind: "done"; readonly operators: readonly OperatorSnapshot[] };

/**
 * One parallel instance of a stage, as its host sees it: one ordered sequence of calls, each of which returns at once.
 * Everything that crosses here can be bytes.
 *
 * The order is: `restore` any number of times, `open` once, `replay` any number of times, from the last operator to the first, `begin`
 * once, then the others. After anything but DONE only `resume`,
 * `completed`, `nextPart`, `complete` and `abort` may be called until `resume` has said DONE; and `barrier` where `mayBeCut` says so.
 */
export interface Subtask {
  /** Takes entries of the restored checkpoint, all of this subtask's key groups. */
  restore(entries: readonly StateEntry[]): void;
  /** The operators whose entries need not all be restored: they read what they lack. */
  pagedOperators(): readonly string[];
  /** Everything has been restored. */
  open(operators: readonly RestoredOperator[]): void;
  batch(input: number, batch: Batch): Progress;
  /** Takes records of a restored checkpoint that were on their way to an operator other than the first. */
  replay(operator: number, input: number, batch: Batch): Progress;
  /** All that was on its way is back. What had been reached goes through once more: behind it, as it was when it was captured. */
  begin(): Progress;
  watermark(time: number): Progress;
  /** All inputs have ended, the watermark is at the end of time, and {@link isDrained} says so: nothing comes out any more. */
  endInput(): void;
  /** Processing time, in milliseconds since the epoch, has reached `now`. */
  tick(now: number): Progress;
  resume(): Progress;
  /**
   * As `resume`, for a barrier that waits behind what is under way. PENDING: what waits is more than operators can take into
   * their state.
   */
  makeWay(): Progress;
  /**
   * Whether a barrier may be taken though a watermark is not through: all that is left is timers that it has made due, and to
   * tell those further on. Before the answer the steps behind those timers go on with what they have left. It holds until the
   * next call.
   */
  mayBeCut(): boolean;
  /** Freezes the state, in constant time. Between records only. */
  barrier(checkpointId: number): void;
  /** The next piece of a frozen snapshot or of a spill, made from about `limit` entries. */
  nextPart(snapshot: number, limit: number): SnapshotPart;
  /** All pieces of a snapshot or of a spill are in the store. */
  written(snapshot: number): void;
  /** A request that this subtask started has ended. */
  completed(requestId: number): void;
  /** The checkpoint is complete, and its commits are settled. May never be called. */
  complete(checkpointId: number): void;
  /** Whether all that came in has gone out: no operator keeps anything back. */
  isDrained(): boolean;
  /** When `tick` wants to be called next. */
  nextTick(): number | undefined;
  close(): Promise<void>;
}

/** What a subtask asks of its host while it is being called, and of its requests' ends. */
export interface SubtaskPort {
  /** Whether an output has no room left: loops that multiply records stop. */
  readonly isFull: boolean;
  /** Puts a batch into the channel to subtask `target` of an edge of the stage. */
  emit(edge: number, target: number, batch: Batch): void;
  /** Passes the watermark on to all channels. */
  watermark(time: number): void;
  /** Tells all channels that no record follows. */
  endOfData(): void;
  droppedLate(records: number): void;
  /** A step has set aside what one of its functions threw on. */
  deadLettered(operatorId: string, call: string): void;
  /**
   * Changes were frozen that want to be written before the next barrier, to free memory: take them by `nextPart`.
   *
   * @param spill names them. Negative, so that it is no checkpoint.
   */
  spilled(spill: number): void;
  /** A request has ended: call `completed` when it is the subtask's turn. */
  requestEnded(requestId: number): void;
}
