/** The timestamp of a record without one, and the watermark before the first: earlier than all. */
export const NO_TIMESTAMP: number = -Infinity;

/** Whether it is the time of a record, or says that a record has none. */
export function isTimestamp(time: unknown): boolean {
  return Number.isFinite(time) || time === NO_TIMESTAMP;
}

/** The watermark after the last record: no record follows it. */
export const END_OF_TIME: number = Infinity;
