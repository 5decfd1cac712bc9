import type { SimBackend } from "../sim/job-scenario.ts";
import type { Duration } from "../../time/duration.ts";
import type { SimFaults } from "./faults.ts";

import type { MoveSettings } from "./move.ts";
import type { SimInput, SimSource } from "./sim-source.ts";
import type { SimulateRunOptions } from "./settings.ts";

/** What a simulated sink must show. Default: the rows of a run without a fault, in any order. */
export interface SimOutput {
  /**
   * For a table that rows update: what a row is about. Only the last row of each key counts, and it is judged at the end.
   * Default: every row counts, in the moment in which it appears.
   */
  readonly lastBy?: (row: never) => unknown;
  /**
   * The rows, worked out by other means than the pipeline from the records of each source. Default: those of a run without a
   * fault, on one subtask.
   */
  readonly expected?: (records: Readonly<Record<string, readonly never[]>>) => readonly unknown[];
  /** How the sink answers to commits. Default: at once, and with what came of them. */
  readonly commits?: SimCommits;
}

/** What becomes of the commits of a simulated sink. */
export interface SimCommits {
  /** The longest that one takes. Default: nothing. */
  readonly latency?: Duration;
  /** How often one is answered with `"retry"`, from 0 to 1; half of those have taken place. Default: 0. */
  readonly retries?: number;
  /**
   * After how long the sink ends a transaction by itself, as a broker does. A commit that comes later is answered with `failed`,
   * and the job has to end with COMMIT_FAILED. Default: never.
   */
  readonly timeout?: Duration;
}

/** Savepoints that are taken of a simulated job. */
export interface SimSavepoints {
  /**
   * `"claim"`: the job is stopped with a savepoint and goes on from it in another place. `"fork"`: as another job, which leaves
   * to the first one what that had still to commit. `"stay"`: it goes on while the savepoint is taken. Default: drawn by the seed.
   */
  readonly how?: MoveSettings["how"];
  /** Where the job goes on. Default: another place of the same kind. */
  readonly backend?: SimBackend;
  /** In how many of the runs one is taken, from 0 to 1. Default: 0.5. */
  readonly share?: number;
}

/** Crashes at all points in place of crashes by chance. */
export interface SimSweep {
  /** Strikes every n-th effect only. Default: 1. */
  readonly every?: number;
}

/**
 * What a pipeline is simulated with.
 *
 * @typeParam Outside what the pipeline uses and no crash takes away; see {@link SimulateOptions.outside}.
 */
export interface SimulateOptions<Outside = undefined> {
  /** Where state and checkpoints live: `simMemory`, `simLeveldb` or `simS3`, from `/testing` of the backend's package. */
  readonly backend: SimBackend;
  /** What each source gives, by its id; by {@link simSource} where it gives it in ways of its own. */
  readonly sources: Readonly<Record<string, SimInput | SimSource>>;
  /** What is expected of sinks, by their ids. */
  readonly sinks?: Readonly<Record<string, SimOutput>>;
  /** The first seed. Default: 1. */
  readonly seed?: number;
  /** How many runs there are, each with a seed of its own. Default: 50. */
  readonly seeds?: number;
  /** Which faults strike. */
  readonly faults?: SimFaults;
  /**
   * The run of each seed is done once without a fault, and then once more for each of its effects and each way to strike there:
   * the process dies before it, in the middle of it, or after it and before it is told; with `faults.failures` above 0 the
   * effect also fails. Default: no, faults are drawn by the seed. With it the default of `seeds` is 1.
   */
  readonly sweep?: SimSweep | undefined;
  /** Whether savepoints are taken. Default: none. */
  readonly savepoints?: SimSavepoints | undefined;
  /** How the pipeline is run. What is not said is drawn by the seed. */
  readonly run?: SimulateRunOptions;
  /**
   * Makes what stands for the services that the pipeline's functions use: it lives as long as a run, crashes included, and is
   * handed to the function that writes the pipeline. Default: nothing.
   */
  readonly outside?: () => Outside;
  /** The line of a failure: that run alone is done, and not made smaller. */
  readonly replay?: string;
  /** How many runs may be spent on making a failure smaller. Default: 400. */
  readonly shrinkRuns?: number;
}

/** What a simulation that found nothing wrong has done. */
export interface SimulationReport {
  /** Runs with faults, or with a timing of their own. */
  readonly runs: number;
  /** How often a process was killed. */
  readonly crashes: number;
  /** How many checkpoints were completed. */
  readonly checkpoints: number;
  /** How many savepoints were written. */
  readonly savepoints: number;
  /** How many runs ended with an error as they had to: their sink had ended a transaction by itself, or something was spoilt. */
  readonly refusals: number;
  /** How much time passed for the pipeline, in seconds. */
  readonly simulatedSeconds: number;
  /** How many rows appeared in each sink, in one run. */
  readonly rows: Readonly<Record<string, number>>;
}
