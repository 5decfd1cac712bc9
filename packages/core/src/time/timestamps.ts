/** The timestamp of a record without one, and the watermark before the first: earlier than all. */
export const NO_TIMESTAMP: number = -Infinity;

/** The watermark after the last record: no record follows it. */
export const END_OF_TIME: number = Infinity;
