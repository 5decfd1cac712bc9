import type { Barrier } from "../checkpoint/barrier.ts";
import type { Batch } from "../operators/batch.ts";
import type { Capture } from "./capture.ts";

/** What a subtask's input has for it next. */
export type InputEvent =
  | { readonly kind: "batch"; readonly input: number; readonly batch: Batch }
  | { readonly kind: "watermark"; readonly time: number }
  | { readonly kind: "status"; readonly status: "active" | "idle" }
  /** Everything before the barrier has been given out, or captured: take the snapshot, then call `barrierTaken`. */
  | { readonly kind: "barrier"; readonly barrier: Barrier }
  | { readonly kind: "end" };

/**
 * Whether a barrier that overtakes is due. `"soon"`: after what has left the channels already, which is little; `"next"`:
 * it is the next event, and needs no room in the outputs.
 */
export type Urgency = "none" | "soon" | "next";

/** Where a subtask's records come from: a gate over channels, or a source. */
export interface Input {
  /** The next event; `undefined` if there is none now, and the task will be woken when there may be. */
  next(): InputEvent | undefined;
  readonly urgency: Urgency;
  /**
   * The next event, if it may come while timers are still due at the watermark before it: a barrier or an end with no record
   * and no watermark before them.
   */
  nextOfBarrier(): InputEvent | undefined;
  /** Whether a barrier is on its way behind what the subtask is at: nothing it can put off should hold that up. */
  readonly awaitsBarrier: boolean;
  /** The snapshot for the barrier just given out has been taken. */
  barrierTaken(checkpointId: number): void;
  /** What the barriers of the checkpoint overtook; `undefined` if they overtook nothing. */
  captureOf(checkpointId: number): Capture | undefined;
  /** The checkpoint will not happen. */
  abort(checkpointId: number): void;
}
