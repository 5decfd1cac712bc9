/**
 * Makes a process stand still, in the middle of whatever it is doing, until its parent kills it.
 *
 * @module
 */

/** If nobody comes to kill it, a process that stands still gives up after this time. */
const PATIENCE_MS = 60_000;

/** Blocks this thread. What the operating system has already been asked to do goes on meanwhile. */
export function standStill(): never {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PATIENCE_MS);
  throw new Error(`Cannot go on: nobody has killed this process within ${PATIENCE_MS} ms`);
}
