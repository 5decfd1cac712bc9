/**
 * What things cost in this demonstration, in virtual milliseconds. Both the engine and the naive algorithm pay these.
 *
 * @module
 */

/** What one run of the demonstration is made of. */
export interface Costs {
  /** How fast each source would like to be. */
  readonly fastPerSecond: number;
  readonly slowPerSecond: number;
  /** How long a sink is busy with one bead. */
  readonly beadMs: number;
  /** How long storage takes for any write, and on top of that for each byte of it. */
  readonly writeMs: number;
  readonly byteMs: number;
  /** How many beads a channel holds before its writer has to stop. */
  readonly channelBeads: number;
  /** From the start of one checkpoint to the start of the next. */
  readonly intervalMs: number;
  /** From a crash to the next attempt. */
  readonly restartMs: number;
}

/**
 * The sources are faster than the sinks, so beads queue up; and the fast one has the longer queue. A source below 20 a
 * second gives one bead at a time, which is what the picture wants.
 */
export const COSTS: Costs = {
  fastPerSecond: 19,
  slowPerSecond: 6,
  beadMs: 120,
  writeMs: 60,
  byteMs: 0.2,
  channelBeads: 4,
  intervalMs: 1400,
  restartMs: 400,
};

/** How long storage takes for a write. Whole milliseconds, as everything here, so that times add up without rounding. */
export function writingMs({ writeMs, byteMs }: Costs, bytes: number): number {
  return Math.ceil(writeMs + bytes * byteMs);
}
