/** What one run of a query over a file is told. */
import type { Duration } from "@tidemark/core";

import type { QueryName } from "../oracle/mod.ts";

/** One life of a job: it goes on from wherever the one before it was killed. */
export interface Task {
  readonly query: QueryName;
  readonly input: string;
  /** Where state and the parts of the output are while the job runs. */
  readonly directory: string;
  readonly parallelism: number;
  readonly outOfOrder: Duration;
  /** Whether state has to outlive the process. */
  readonly outlives: boolean;
  /** Time between checkpoints. */
  readonly interval: Duration;
  /** After how many events this life ends, and where. `undefined`: it ends with its input. */
  readonly kill: Kill | undefined;
}

/** Where a process kills itself. */
export interface Kill {
  readonly afterEvents: number;
  /** The named point at which it dies; the next event if it is not passed any more. */
  readonly point: string;
}
