/**
 * Records on their way: parallel arrays of one length. Whoever emits a batch no longer changes it; several readers may
 * share it.
 */
export interface Batch {
  readonly values: readonly unknown[];
  /** Milliseconds since the epoch, or NO_TIMESTAMP. */
  readonly timestamps: readonly number[];
}

/** The most records that a batch between two subtasks holds. */
export const BATCH_RECORDS = 1024;
