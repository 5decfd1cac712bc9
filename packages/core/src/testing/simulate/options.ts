import type { SimBackend } from "../sim/job-scenario.ts";
import type { SimFaults } from "./faults.ts";
import type { SimInput } from "./input.ts";
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
}

/**
 * What a pipeline is simulated with.
 *
 * @typeParam Outside what the pipeline uses and no crash takes away; see {@link SimulateOptions.outside}.
 */
export interface SimulateOptions<Outside = undefined> {
  /** Where state and checkpoints live: `simMemory`, `simLeveldb` or `simS3`, from `/testing` of the backend's package. */
  readonly backend: SimBackend;
  /** What each source gives, by its id. */
  readonly sources: Readonly<Record<string, SimInput>>;
  /** What is expected of sinks, by their ids. */
  readonly sinks?: Readonly<Record<string, SimOutput>>;
  /** The first seed. Default: 1. */
  readonly seed?: number;
  /** How many runs there are, each with a seed of its own. Default: 50. */
  readonly seeds?: number;
  /** Which faults strike. */
  readonly faults?: SimFaults;
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
  /** How much time passed for the pipeline, in seconds. */
  readonly simulatedSeconds: number;
  /** How many rows appeared in each sink, in one run. */
  readonly rows: Readonly<Record<string, number>>;
}
