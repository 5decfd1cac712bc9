/**
 * How far a call got.
 *
 * - `DONE`: all of it.
 * - `AGAIN`: its share of work is used up; call `resume` when it is its turn again.
 * - `FULL`: an output has no room; call `resume` when it has.
 * - `PENDING`: it waits for a request of its own; `completed` will say when.
 */
export type Progress = 0 | 1 | 2 | 3;

export const DONE: Progress = 0;
export const AGAIN: Progress = 1;
export const FULL: Progress = 2;
export const PENDING: Progress = 3;

/** Of two results, the one that says more about what has to happen before going on. */
export function furthest(one: Progress, other: Progress): Progress {
  return one > other ? one : other;
}

/**
 * A share of work, counted and not timed, because clocks may stand still. Loops of the engine that multiply records
 * (firings, timers, iterables) spend from it and stop when nothing is left.
 */
export interface WorkSlice {
  remaining: number;
}
