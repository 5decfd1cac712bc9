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
  /** Which subtask it is. */
  readonly at: SubtaskName;
  /** How far it has come. */
  readonly phase: SubtaskPhase;
  /** From the trigger to the first barrier. */
  readonly startDelayMs: number | undefined;
  /** From the first barrier to the beginning of the snapshot. 0 with a single channel. */
  readonly alignmentMs: number | undefined;
  /** Freezing the state, while nothing else is done. */
  readonly freezeMs: number | undefined;
  /** From the snapshot to its being durable: entries, sink and records in flight. */
  readonly writeMs: number | undefined;
  /** From the trigger to the acknowledgement. */
  readonly endToEndMs: number | undefined;
  /** Wall clock, in milliseconds since the epoch. */
  readonly acknowledgedAt: number | undefined;
  /** The changed entries. */
  readonly bytes: number;
  /**
   * All of its keyed state, in the form in which the backend keeps it; `undefined` where the backend keeps no count of it, and
   * before the snapshot is written.
   */
  readonly stateBytes: number | undefined;
  /** The records in flight that barriers overtook here. */
  readonly inFlightBytes: number;
  /** The records that were handled between the first barrier and the snapshot. */
  readonly processedRecords: number;
  /** Whether barriers overtook records here. */
  readonly unaligned: boolean;
}

/** What the subtasks of one stage did for a checkpoint, taken together. */
export interface StageReport {
  /** The ids of the stage's operators, joined. */
  readonly stage: string;
  /** How many subtasks it has. */
  readonly subtasks: number;
  /** How many of them have acknowledged so far. */
  readonly acknowledged: number;
  /** The sums of those of its subtasks. */
  readonly bytes: number;
  /** The sum over its subtasks: the records in flight that barriers overtook, in bytes. */
  readonly inFlightBytes: number;
  /** The sum over its subtasks: the records that were handled between their first barrier and their snapshot. */
  readonly processedRecords: number;
  /** The sum of those of its subtasks, if all of them know theirs. */
  readonly stateBytes: number | undefined;
  /** Wall clock of the last acknowledgement so far. */
  readonly lastAcknowledgedAt: number | undefined;
  /** Over those of its subtasks that have come so far; `undefined` if none has. */
  readonly startDelayMs: Distribution | undefined;
  /** From the first barrier to the beginning of the snapshot, in milliseconds, as those after it. */
  readonly alignmentMs: Distribution | undefined;
  /** Freezing the state, while nothing else is done. */
  readonly freezeMs: Distribution | undefined;
  /** From the snapshot to its being durable. */
  readonly writeMs: Distribution | undefined;
  /** From the trigger to the acknowledgement. */
  readonly endToEndMs: Distribution | undefined;
}

/** Whom a checkpoint that is complete has waited for longest, and in which phase that subtask was for most of the time. */
export interface SlowestSubtask {
  /** Which subtask it is. */
  readonly at: SubtaskName;
  /** `"start"`: the barrier was on its way. */
  readonly phase: "start" | "alignment" | "freeze" | "write";
  /** How long that phase took. */
  readonly phaseMs: number;
  /** From the trigger to its acknowledgement. */
  readonly endToEndMs: number;
}

/** What is known of one checkpoint. */
export interface CheckpointDetails {
  /** Names it within the job. */
  readonly checkpointId: number;
  /** How it stands. */
  readonly status: "in-progress" | "completed" | "failed";
  /** Why it failed. */
  readonly reason: AbortReason | undefined;
  /**
   * Who is late and with what, while it is under way and if it has expired; or what a subtask could not do. `undefined` if nothing
   * more is known.
   */
  readonly message: string | undefined;
  /** Who asked for it. */
  readonly request: RequestKind;
  /** Wall clock, in milliseconds since the epoch. */
  readonly triggeredAt: number;
  /** From the trigger until it was complete or failed, in milliseconds; until now while it is under way. */
  readonly endToEndMs: number;
  /** Wall clocks, of the end and of the last acknowledgement so far. */
  readonly endedAt: number | undefined;
  /** Of the last acknowledgement so far, in milliseconds since the epoch. */
  readonly lastAcknowledgedAt: number | undefined;
  /** Its manifest's name in the backend, once that is written. */
  readonly manifest: string | undefined;
  /** Whether a job can still begin with it: it is complete, and no later one has taken its place. */
  readonly retained: boolean;
  /** Whether barriers overtook records anywhere. */
  readonly unaligned: boolean;
  /** Changed entries and records in flight, of all that has been written so far. */
  readonly bytes: number;
  /** The records in flight that barriers overtook, in bytes: a part of `bytes`. */
  readonly inFlightBytes: number;
  /** The records that were handled between first barriers and snapshots, in all subtasks. */
  readonly processedRecords: number;
  /** All keyed state of all subtasks, if all of them know theirs. */
  readonly stateBytes: number | undefined;
  /** The subtask that acknowledged last, and what took it the most time; `undefined` until one has. */
  readonly slowest: SlowestSubtask | undefined;
  /** How many subtasks have acknowledged so far. */
  readonly acknowledged: number;
  /** Its stages, in the order of the plan. */
  readonly stages: readonly StageReport[];
  /** All subtasks, those that have not been reached included. */
  readonly subtasks: readonly SubtaskReport[];
}

/** A quantity over the checkpoints that are remembered. */
export interface Distribution {
  /** The least. */
  readonly min: number;
  /** The greatest. */
  readonly max: number;
  /** The arithmetic mean. */
  readonly average: number;
  /** The median. */
  readonly p50: number;
  /** What nine in ten do not exceed. */
  readonly p90: number;
  /** What 95 in a hundred do not exceed. */
  readonly p95: number;
  /** What 99 in a hundred do not exceed. */
  readonly p99: number;
  /** What 999 in a thousand do not exceed. */
  readonly p999: number;
}

/** What the running attempt began from. */
export interface RestoredCheckpoint {
  /** Which one it was. */
  readonly checkpointId: number;
  /** Wall clock, in milliseconds since the epoch. */
  readonly at: number;
  /** The savepoint that it began with, by name; `undefined`: a checkpoint of its own. */
  readonly savepoint: string | undefined;
}

/** What the checkpoints of a run have come to. */
export interface CheckpointReport {
  /** How many there have been since the run began: attempts that were restored, checkpoints triggered, and how those stand. */
  readonly counts: {
    readonly restored: number;
    readonly total: number;
    readonly inProgress: number;
    readonly completed: number;
    readonly failed: number;
  };
  /** Over the complete ones that are remembered; `undefined` before the first. */
  readonly summary:
    | {
        readonly endToEndMs: Distribution;
        readonly bytes: Distribution;
        readonly inFlightBytes: Distribution;
        readonly processedRecords: Distribution;
        /** Over those whose whole size is known; `undefined` if there is none. */
        readonly stateBytes: Distribution | undefined;
      }
    | undefined;
  /** The newest of each kind; `undefined` where there has been none. */
  readonly latest: {
    readonly completed: CheckpointDetails | undefined;
    readonly savepoint: CheckpointDetails | undefined;
    readonly failed: CheckpointDetails | undefined;
    readonly restored: RestoredCheckpoint | undefined;
  };
  /** The last ones, oldest first. */
  readonly history: readonly CheckpointDetails[];
}

/** What the subtasks of each stage did, taken together. */
export function stagesOf(subtasks: readonly SubtaskReport[]): readonly StageReport[] {
  const stages = new Map<string, SubtaskReport[]>();
  for (const subtask of subtasks) {
    const beside = stages.get(subtask.at.stage) ?? [];
    beside.push(subtask);
    stages.set(subtask.at.stage, beside);
  }
  return [...stages].map(([stage, all]): StageReport => {
    const over = (field: TimedField): Distribution | undefined => distributionOf(known(all, field));
    return {
      stage,
      subtasks: all.length,
      ...totalsOf(all),
      startDelayMs: over("startDelayMs"),
      alignmentMs: over("alignmentMs"),
      freezeMs: over("freezeMs"),
      writeMs: over("writeMs"),
      endToEndMs: over("endToEndMs"),
    };
  });
}

type TimedField = "startDelayMs" | "alignmentMs" | "freezeMs" | "writeMs" | "endToEndMs" | "acknowledgedAt";

function known(subtasks: readonly SubtaskReport[], field: TimedField): readonly number[] {
  return subtasks.flatMap((subtask) => subtask[field] ?? []);
}

/** What stages and checkpoints have of their subtasks together. */
export function totalsOf(
  subtasks: readonly SubtaskReport[],
): Pick<
  StageReport,
  "acknowledged" | "bytes" | "stateBytes" | "inFlightBytes" | "processedRecords" | "lastAcknowledgedAt"
> {
  const sum = (field: "bytes" | "inFlightBytes" | "processedRecords"): number =>
    subtasks.reduce((total, subtask) => total + subtask[field], 0);
  return {
    acknowledged: subtasks.filter(({ phase }) => phase === "acknowledged").length,
    bytes: sum("bytes"),
    stateBytes: subtasks.reduce<number | undefined>(
      (total, { stateBytes }) => (total === undefined || stateBytes === undefined ? undefined : total + stateBytes),
      0,
    ),
    inFlightBytes: sum("inFlightBytes"),
    processedRecords: sum("processedRecords"),
    lastAcknowledgedAt: distributionOf(known(subtasks, "acknowledgedAt"))?.max,
  };
}

/** Who acknowledged last, and the phase in which it was for longest; `undefined` if nobody has acknowledged. */
export function slowestOf(subtasks: readonly SubtaskReport[]): SlowestSubtask | undefined {
  const endOf = ({ endToEndMs }: SubtaskReport): number => endToEndMs ?? -1;
  const [last] = subtasks.toSorted((a, b) => endOf(b) - endOf(a));
  if (last?.endToEndMs === undefined) return undefined;
  const { at, startDelayMs = 0, alignmentMs = 0, freezeMs = 0, writeMs = 0, endToEndMs } = last;
  const phases = { start: startDelayMs, alignment: alignmentMs, freeze: freezeMs, write: writeMs };
  const [longest = "start"] = (Object.keys(phases) as SlowestSubtask["phase"][]).toSorted(
    (a, b) => phases[b] - phases[a],
  );
  return { at, phase: longest, phaseMs: phases[longest], endToEndMs };
}

/** Who a checkpoint waits for, in words; `undefined` if for nobody. */
export function describeLate({
  subtasks,
  checkpointId,
  endToEndMs,
}: Pick<CheckpointDetails, "subtasks" | "checkpointId" | "endToEndMs">): string | undefined {
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
