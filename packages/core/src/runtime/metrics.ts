import type { AbortReason } from "../checkpoint/abort-reason.ts";

/** A completed checkpoint, in numbers. */
export interface CompletedCheckpoint {
  /** The checkpoint that it is of. */
  readonly checkpointId: number;
  /** From the trigger to the moment the head listed it. */
  readonly durationMs: number;
  /** Changed entries and manifest. */
  readonly bytes: number;
}

/** What the checkpoints of a run came to. */
export interface CheckpointMetrics {
  /** How many were completed. */
  readonly completed: number;
  /** How many were begun and did not come to be. */
  readonly aborted: number;
  /** The newest one; `undefined`: none yet. */
  readonly last: CompletedCheckpoint | undefined;
}

/** How many dead letters came of one function of one step; those of what was read again after a restart included. */
export interface DeadLetterCount {
  /** The id of the step or source. */
  readonly operator: string;
  /**
   * What threw, as the `call` of the letters says: `"map"`, `"onRecord"`, `"onTimer"`. Of a source `"decode"` for what it could
   * not read, `"eventTime"` for records without a usable time.
   */
  readonly call: string;
  /** How many there were. */
  readonly letters: number;
}

/** What a job is doing, in numbers. All counts are since `run` was called. */
export interface JobMetrics {
  /** Records read from all sources, those read again after a restart included. */
  readonly recordsIn: number;
  /** Records that came after their window was fired and that no side output took. */
  readonly lateDropped: number;
  /** What steps and sources have set aside as dead letters, by step and function, in the order in which each was first heard of. */
  readonly deadLetters: readonly DeadLetterCount[];
  /** The least event time that all sources have announced, in milliseconds; -Infinity before the first. */
  readonly watermark: number;
  /** How often it was started again, as a whole or one of its regions. */
  readonly restarts: number;
  /** The checkpoint that the running attempt was restored from; `undefined`: it began from nothing. */
  readonly restoredFrom: number | undefined;
  /** What became of its checkpoints. */
  readonly checkpoints: CheckpointMetrics;
}

/** Whom subtasks tell of records that do not go on. */
export interface RecordEvents {
  readonly droppedLate: (records: number) => void;
  readonly deadLettered: (operatorId: string, call: string, letters: number) => void;
}

/** Counts records that do not go on. */
export class RecordStatistics implements RecordEvents {
  readonly #letters = new Map<string, DeadLetterCount>();
  #lateDropped = 0;

  readonly droppedLate = (records: number): void => {
    this.#lateDropped += records;
  };

  readonly deadLettered = (operator: string, call: string, letters: number): void => {
    const key = JSON.stringify([operator, call]);
    const before = this.#letters.get(key)?.letters ?? 0;
    this.#letters.set(key, { operator, call, letters: before + letters });
  };

  get metrics(): Pick<JobMetrics, "lateDropped" | "deadLetters"> {
    return { lateDropped: this.#lateDropped, deadLetters: [...this.#letters.values()] };
  }
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
