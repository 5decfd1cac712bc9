/** What a lane is: one runtime, the files it runs, and how it runs them. */
import type { TestCase } from "../junit.ts";
import type { Runtime } from "../runtimes.ts";

/** A test file that a lane does not run, and why. */
export interface LeftOut {
  readonly file: string;
  readonly reason: string;
}

/** What a lane brings back. */
export interface LaneResult {
  readonly cases: readonly TestCase[];
  /** Whether the runner itself ended well. */
  readonly succeeded: boolean;
  /** Everything the runner printed. */
  readonly output: string;
  readonly leftOut: readonly LeftOut[];
  /** Set where the lane could not run here for a reason that is no failure. */
  readonly notRun?: string;
  /** The test files that were handed to the runner, as seen from the root. */
  readonly files: readonly string[];
}

/**
 * How wide sweeps and random runs are on the runtimes that are to show that they compute the same as the development
 * runtime, and not what the engine is worth: a quarter. `docs/runtimes.md` says what becomes narrower.
 */
export const NARROW: Readonly<Record<string, string>> = { WIDTH: "0.25" };

/** One way of running the tests. */
export interface Lane {
  readonly name: string;
  /** The runtime whose files it runs, or `undefined` for a lane with files of its own. */
  readonly runtime: Runtime;
  run(): Promise<LaneResult>;
}
