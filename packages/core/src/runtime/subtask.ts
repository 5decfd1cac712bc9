import type { StateEntry } from "../state/backend.ts";
import type { Batch } from "../operators/batch.ts";
import type { OperatorSnapshot, WatermarkFloor } from "../operators/operator.ts";
import type { Progress } from "../operators/progress.ts";

/** The watermarks that an operator's key groups had reached at the restored checkpoint. */
export interface RestoredOperator {
  readonly operatorId: string;
  readonly watermarks: readonly WatermarkFloor[];
}

/** A piece of a snapshot: entries inside one key group; or word that there is more, or a wait, or the rest of it. */
export type SnapshotPart =
  | {
      readonly kind: "entries";
      readonly keyGroup: number;
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
 * The order is: `restore` any number of times, `open` once, then the others. After anything but DONE only `resume`,
 * `completed`, `nextPart`, `complete` and `abort` may be called until `resume` has said DONE.
 */
export interface Subtask {
  /** Takes entries of the restored checkpoint, all of this subtask's key groups. */
  restore(entries: readonly StateEntry[]): void;
  /** Everything has been restored. */
  open(operators: readonly RestoredOperator[]): void;
  batch(input: number, batch: Batch): Progress;
  /** Takes records of a restored checkpoint that were on their way to an operator other than the first. */
  replay(operator: number, input: number, batch: Batch): Progress;
  watermark(time: number): Progress;
  /** All inputs have ended; the watermark is at the end of time. */
  endInput(): Progress;
  /** Processing time, in milliseconds since the epoch, has reached `now`. */
  tick(now: number): Progress;
  resume(): Progress;
  /** Freezes the state, in constant time. Between records only. */
  barrier(checkpointId: number): void;
  /** The next piece of a frozen snapshot, made from about `limit` entries. */
  nextPart(checkpointId: number, limit: number): SnapshotPart;
  /** A request that this subtask started has ended. */
  completed(requestId: number): void;
  /** The checkpoint is complete, and its commits are settled. May never be called. */
  complete(checkpointId: number): void;
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
  /** A request has ended: call `completed` when it is the subtask's turn. */
  requestEnded(requestId: number): void;
}
