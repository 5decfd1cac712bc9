import type { SplitPosition } from "../checkpoint/manifest.ts";
import type { SourceReader, SourceSplit } from "../connect/source.ts";
import type { Env } from "../env/env.ts";
import type { EventTimeSpec } from "../graph/logical.ts";
import type { AlignmentMember } from "../time/alignment-group.ts";
import type { RecordBudget } from "./record-budget.ts";
import type { SubtaskName, TraceListener } from "./trace.ts";

/** What a source driver needs of its surroundings. */
export interface SourceDriverOptions {
  readonly env: Env;
  readonly sourceId: string;
  readonly at: SubtaskName;
  readonly reader: SourceReader<unknown, SourceSplit>;
  readonly eventTime: EventTimeSpec | undefined;
  /** Its place among the sources whose event times are kept together. */
  readonly alignment: AlignmentMember | undefined;
  /** Whether rejected records have an output to go to. */
  readonly takesRejected: boolean;
  /** Counts what went there, by the function that could do nothing with it. */
  readonly deadLettered: (call: string, letters: number) => void;
  readonly budget: RecordBudget;
  readonly trace: TraceListener | undefined;
  /** There may be something to do. */
  readonly wake: () => void;
  /** Tells those downstream that no barrier of this checkpoint follows. */
  readonly cancel: (checkpointId: number) => void;
  /** Reading ahead has failed. */
  readonly fail: (error: unknown) => void;
  /** The reader's positions at a barrier. */
  readonly snapshot: (checkpointId: number, splits: readonly SplitPosition[]) => void;
}
