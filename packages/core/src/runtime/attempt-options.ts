import type { PagedState } from "../operators/paging-parts.ts";
import type { CheckpointConfig } from "../checkpoint/options.ts";
import type { Env } from "../env/env.ts";
import type { Plan } from "../graph/plan.ts";
import type { JobOrigin } from "../savepoints/image.ts";
import type { StateBackend } from "../state/backend.ts";
import type { CheckpointTracker } from "./checkpoint-tracker.ts";
import type { Pick } from "./executor.ts";
import type { CheckpointStatistics, RecordEvents } from "./metrics.ts";
import type { RecordBudget } from "./record-budget.ts";
import type { RestoreAllowances } from "./restore-options.ts";
import type { SavepointRequest } from "./savepoint-driver.ts";
import type { SubtaskFactory } from "./topology.ts";
import type { TraceListener } from "./trace.ts";
import type { Overtaking } from "./unaligned.ts";

/** Everything an attempt is made from. */
export interface AttemptOptions {
  readonly plan: Plan;
  readonly env: Env;
  readonly backend: StateBackend;
  readonly config: CheckpointConfig;
  /** What overtaking takes, where barriers may. */
  readonly overtaking: Overtaking | undefined;
  readonly from: JobOrigin | undefined;
  readonly allow: RestoreAllowances;
  /** The savepoints that somebody waits for. */
  readonly savepoints: Set<SavepointRequest>;
  readonly channelRecords: number;
  readonly budget: RecordBudget;
  readonly statistics: CheckpointStatistics;
  readonly tracker: CheckpointTracker;
  readonly createSubtask: SubtaskFactory;
  readonly pick: Pick | undefined;
  readonly state: PagedState;
  readonly trace: TraceListener | undefined;
  readonly records: RecordEvents;
  /** A region has failed. @returns after how many milliseconds it restarts; `undefined`: the job does not. */
  readonly regionFailed: (error: unknown) => number | undefined;
  /** Called when nobody has anything to do. */
  readonly idle: () => void;
}

/** How an attempt ends when it does not fail. */
export type AttemptOutcome = "finished" | "stopped";
