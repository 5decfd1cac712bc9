import type { Batch } from "../operators/batch.ts";

/** What a subtask's input has for it next. */
export type InputEvent =
  | { readonly kind: "batch"; readonly input: number; readonly batch: Batch }
  | { readonly kind: "watermark"; readonly time: number }
  | { readonly kind: "status"; readonly status: "active" | "idle" }
  /** Everything before the barrier has been given out: take the snapshot, then call `barrierTaken`. */
  | { readonly kind: "barrier"; readonly checkpointId: number }
  | { readonly kind: "end" };

/** Where a subtask's records come from: a gate over channels, or a source. */
export interface Input {
  /** The next event; `undefined` if there is none now, and the task will be woken when there may be. */
  next(): InputEvent | undefined;
  /** The snapshot for the barrier just given out has been taken. */
  barrierTaken(checkpointId: number): void;
  /** The checkpoint will not happen. */
  abort(checkpointId: number): void;
}
