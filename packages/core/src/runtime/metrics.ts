import type { AbortReason } from "../checkpoint/abort-reason.ts";

/** A completed checkpoint, in numbers. */
export interface CompletedCheckpoint {
  readonly checkpointId: number;
  /** From the trigger to the moment the head listed it. */
  readonly durationMs: number;
  /** Changed entries and manifest. */
  readonly bytes: number;
}

/** What the checkpoints of a run came to. */
export interface CheckpointMetrics {
  readonly completed: number;
  readonly aborted: number;
  readonly last: CompletedCheckpoint | undefined;
}

/** What a job is doing, in numbers. All counts are since `run` was called. */
export interface JobMetrics {
  /** Records read from all sources, those read again after a restart included. */
  readonly recordsIn: number;
  /** Records that came after their window was fired and that no side output took. */
  readonly lateDropped: number;
  /** The least event time that all sources have announced, in milliseconds; -Infinity before the first. */
  readonly watermark: number;
  readonly restarts: number;
  /** The checkpoint that the running attempt was restored from; `undefined`: it began from nothing. */
  readonly restoredFrom: number | undefined;
  readonly checkpoints: CheckpointMetrics;
}

/** Counts checkpoints. */
export class CheckpointStatistics {
  #completed = 0;
  #aborted = 0;
  #last: CompletedCheckpoint | undefined;

  completed(checkpoint: CompletedCheckpoint): void {
    this.#completed++;
    this.#last = checkpoint;
  }

  aborted(_checkpointId: number, _reason: AbortReason): void {
    this.#aborted++;
  }

  get metrics(): CheckpointMetrics {
    return { completed: this.#completed, aborted: this.#aborted, last: this.#last };
  }
}
