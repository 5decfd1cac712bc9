import type { AnySink, Pipeline } from "@tidemark/core";

import type { PacedOptions } from "./paced-source.ts";

/** What a job of the suite is built with. */
export interface Building {
  readonly sink: AnySink<string, "exactly-once">;
  /** Put into every job, to make it fail. */
  readonly pass: <T>(value: T) => T;
  readonly source?: Omit<PacedOptions<never>, "timestampOf">;
}

/** A job whose committed rows are known without the engine, whatever happens to it while it runs. */
export interface SuiteJob {
  readonly name: string;
  build(building: Building): Pipeline;
  /** The rows, in any order, if every step runs at this parallelism. */
  expected(parallelism: number): readonly string[];
}
