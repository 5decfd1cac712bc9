/** What a page is asked and answers. */
import type { RunUntil } from "@tidemark/core";

/** One run of the job in a page. */
export interface Invocation {
  /** What its database is called, and its rows begin with. */
  readonly place: string;
  readonly until: RunUntil;
  /** Where the numbers end; nowhere if it is not said. */
  readonly end?: number;
  readonly parallelism: number;
  /** How much of its state stays in memory, in bytes. Default: what a run takes by itself. */
  readonly limitBytes?: number;
}

/** What came of it. */
export interface InvocationAnswer {
  readonly outcome: "finished" | "stopped";
  readonly restoredFrom: number | undefined;
  readonly records: number;
  /** How far any split has come. */
  readonly reached: number;
}

/** What came of the suite. */
export interface SuiteAnswer {
  readonly passed: number;
  /** The name of each test that failed, with its error. */
  readonly failed: readonly string[];
}

/** What came of a look into a database. */
export interface LookAnswer {
  /** The code of an error, or whether there are checkpoints. */
  readonly told: string;
  /** The names of all databases. */
  readonly databases: readonly string[];
}

/** Rows are written below this, a name each, and never twice. */
export const ROWS_URL = "/rows/";
