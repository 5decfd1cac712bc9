import type { AbortReason } from "../checkpoint/abort-reason.ts";
import type { RequestKind } from "../checkpoint/request-queue.ts";
import type { SubtaskName } from "./trace.ts";

/**
 * How far a subtask is with a checkpoint. `"waiting"`: no barrier has come; `"aligning"`: some have; `"writing"`: the
 * snapshot is taken, and is being written or captured; `"acknowledged"`: it is durable; `"declined"`: it takes no part.
 */
export type SubtaskPhase = "waiting" | "aligning" | "writing" | "acknowledged" | "declined";

/** What one subtask did for a checkpoint. Times are in milliseconds; `undefined` where it has not come that far. */
export interface SubtaskReport {
  readonly at: SubtaskName;
  readonly phase: SubtaskPhase;
  /** From the trigger to the first barrier. */
  readonly startDelayMs: number | undefined;
  /** From the first barrier to the snapshot. 0 with a single channel. */
  readonly alignmentMs: number | undefined;
  /** From the snapshot to its being durable: entries, sink and records in flight. */
  readonly writeMs: number | undefined;
  /** From the trigger to the acknowledgement. */
  readonly endToEndMs: number | undefined;
  /** The changed entries. */
  readonly bytes: number;
  /** The records in flight that barriers overtook here. */
  readonly inFlightBytes: number;
  /** Whether barriers overtook records here. */
  readonly unaligned: boolean;
}

/** What is known of one checkpoint. */
export interface CheckpointDetails {
  readonly checkpointId: number;
  readonly status: "in-progress" | "completed" | "failed";
  /** Why it failed. */
  readonly reason: AbortReason | undefined;
  readonly request: RequestKind;
  /** Wall clock, in milliseconds since the epoch. */
  readonly triggeredAt: number;
  /** From the trigger until it was complete or failed, in milliseconds; until now while it is under way. */
  readonly endToEndMs: number;
  /** Changed entries and records in flight, of all that has been written so far. */
  readonly bytes: number;
  readonly inFlightBytes: number;
  readonly acknowledged: number;
  readonly subtasks: readonly SubtaskReport[];
}

/** A quantity over the checkpoints that are remembered. */
export interface Distribution {
  readonly min: number;
  readonly max: number;
  readonly average: number;
  readonly p50: number;
  readonly p90: number;
  readonly p95: number;
  readonly p99: number;
  readonly p999: number;
}

/** What the checkpoints of a run have come to. */
export interface CheckpointReport {
  readonly counts: {
    readonly restored: number;
    readonly total: number;
    readonly inProgress: number;
    readonly completed: number;
    readonly failed: number;
  };
  /** Over the complete ones that are remembered; `undefined` before the first. */
  readonly summary:
    | { readonly endToEndMs: Distribution; readonly bytes: Distribution; readonly inFlightBytes: Distribution }
    | undefined;
  readonly latest: {
    readonly completed: CheckpointDetails | undefined;
    readonly savepoint: CheckpointDetails | undefined;
    readonly failed: CheckpointDetails | undefined;
    /** The checkpoint that the running attempt began from, and the wall clock then. */
    readonly restored: { readonly checkpointId: number; readonly at: number } | undefined;
  };
  /** The last ones, oldest first. */
  readonly history: readonly CheckpointDetails[];
}

/** Who a checkpoint waits for, in words; `undefined` if for nobody. */
export function describeLate({ subtasks, checkpointId, endToEndMs }: CheckpointDetails): string | undefined {
  const late = subtasks.filter(({ phase }) => phase !== "acknowledged");
  const [first] = late;
  if (first === undefined) return undefined;
  const shown = late
    .slice(0, LATE_SHOWN)
    .map(({ at, phase }) => `${at.stage} (${at.subtask}) ${PHASES[phase]}`)
    .join("; ");
  const more = late.length > LATE_SHOWN ? `; and ${late.length - LATE_SHOWN} more` : "";
  return `After ${Math.round(endToEndMs)} ms checkpoint ${checkpointId} waits for ${late.length} of ${subtasks.length} subtasks: ${shown}${more}`;
}

const LATE_SHOWN = 5;

const PHASES: Readonly<Record<SubtaskPhase, string>> = {
  waiting: "has no barrier yet",
  aligning: "waits for the barriers of other channels",
  writing: "writes its snapshot",
  acknowledged: "has acknowledged",
  declined: "has declined",
};

/** The distribution of some numbers, by nearest rank. */
export function distributionOf(values: readonly number[]): Distribution | undefined {
  const sorted = values.toSorted((a, b) => a - b);
  const [least] = sorted;
  if (least === undefined) return undefined;
  const rank = (share: number): number => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] as number;
  return {
    min: least,
    max: sorted.at(-1) as number,
    average: sorted.reduce((sum, value) => sum + value, 0) / sorted.length,
    p50: rank(0.5),
    p90: rank(0.9),
    p95: rank(0.95),
    p99: rank(0.99),
    p999: rank(0.999),
  };
}
