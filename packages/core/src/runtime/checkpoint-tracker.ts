import { manifestName } from "../checkpoint/manifest.ts";
import type { Env } from "../env/env.ts";
import {
  type CheckpointDetails,
  type CheckpointReport,
  describeLate,
  distributionOf,
  type RestoredCheckpoint,
  slowestOf,
  stagesOf,
  type SubtaskPhase,
  type SubtaskReport,
  totalsOf,
} from "./checkpoint-report.ts";
import type { SubtaskName, TraceEvent } from "./trace.ts";

/** How many checkpoints are remembered with all details. */
export const HISTORY_MAX = 10;

/** Over how many complete checkpoints the summary reaches. */
const SUMMARY_MAX = 1000;

interface Subtask {
  readonly at: SubtaskName;
  declined: boolean;
  unaligned: boolean;
  begunAt: number | undefined;
  frozenAt: number | undefined;
  freezeMs: number;
  doneAt: number | undefined;
  /** Wall clock. */
  acknowledgedAt: number | undefined;
  bytes: number;
  stateBytes: number | undefined;
  inFlightBytes: number;
  processedRecords: number;
}

/** What is summed up. */
const SUMMED = ["endToEndMs", "bytes", "stateBytes", "inFlightBytes", "processedRecords"] as const;

interface Tracked {
  readonly event: TraceEvent & { readonly kind: "checkpoint-triggered" };
  readonly triggeredAt: number;
  readonly begunAt: number;
  readonly subtasks: ReadonlyMap<string, Subtask>;
  status: CheckpointDetails["status"];
  reason: CheckpointDetails["reason"];
  message: string | undefined;
  manifest: string | undefined;
  doneAt: number | undefined;
  /** Wall clock. */
  endedAt: number | undefined;
}

/** Follows checkpoints by the steps of the protocol, and tells what they have come to. */
export class CheckpointTracker {
  readonly #env: Env;
  #subtasks: readonly SubtaskName[] = [];
  /** By id, oldest first. */
  readonly #tracked = new Map<number, Tracked>();
  readonly #summary: Pick<CheckpointDetails, (typeof SUMMED)[number]>[] = [];
  #generation = 0;
  /** The ids that the head lists. */
  #retained: readonly number[] = [];
  readonly #counts = { restored: 0, total: 0, completed: 0, failed: 0 };
  #completed: Tracked | undefined;
  #savepoint: Tracked | undefined;
  #failed: Tracked | undefined;
  #restored: RestoredCheckpoint | undefined;

  constructor(env: Env) {
    this.#env = env;
  }

  /** The subtasks of the attempt that begins. */
  begin(subtasks: readonly SubtaskName[]): void {
    this.#subtasks = subtasks;
  }

  /** What the head lists from now on. */
  retained(ids: readonly number[]): void {
    this.#retained = ids;
  }

  /** What is under way will not be complete. */
  ended(reason: "suspended" | "shutdown"): void {
    for (const id of this.#tracked.keys()) this.#end(id, "failed", reason);
  }

  /** A step of the protocol. */
  on(event: TraceEvent): void {
    switch (event.kind) {
      case "attempt-started":
        this.#generation = event.generation;
        return this.#restoredAt(event.restoredFrom, event.savepoint);
      case "region-restarted":
        return this.#restoredAt(event.restoredFrom, undefined);
      case "attempt-failed":
        return this.ended("suspended");
      case "checkpoint-triggered":
        return this.#triggered(event);
      case "checkpoint-completed":
        return this.#end(event.checkpointId, "completed", undefined);
      case "checkpoint-aborted":
        return this.#end(event.checkpointId, "failed", event.reason);
      case "manifest-written": {
        const tracked = this.#tracked.get(event.checkpointId);
        if (tracked !== undefined) tracked.manifest = manifestName(this.#generation, event.checkpointId);
        return;
      }
      case "batch":
        if (this.#inProgress > 0) this.#handled(event.at, event.values.length);
        return;
      case "watermark":
        return;
      default:
        if ("at" in event && "checkpointId" in event) this.#step(event);
    }
  }

  #restoredAt(checkpointId: number | undefined, savepoint: string | undefined): void {
    this.#counts.restored += checkpointId === undefined ? 0 : 1;
    this.#restored = checkpointId === undefined ? undefined : { checkpointId, at: this.#env.now(), savepoint };
  }

  /** What is known of a checkpoint; `undefined` if it is not remembered. */
  details(checkpointId: number): CheckpointDetails | undefined {
    const tracked = this.#tracked.get(checkpointId);
    return tracked === undefined ? undefined : this.#detailsOf(tracked);
  }

  report(): CheckpointReport {
    const { restored, total, completed, failed } = this.#counts;
    const shown = (tracked: Tracked | undefined): CheckpointDetails | undefined =>
      tracked === undefined ? undefined : this.#detailsOf(tracked);
    const summary = SUMMED.map((field) => [field, distributionOf(this.#summary.flatMap((each) => each[field] ?? []))]);
    return {
      counts: { restored, total, inProgress: this.#inProgress, completed, failed },
      summary: completed === 0 ? undefined : (Object.fromEntries(summary) as CheckpointReport["summary"]),
      latest: {
        completed: shown(this.#completed),
        savepoint: shown(this.#savepoint),
        failed: shown(this.#failed),
        restored: this.#restored,
      },
      history: [...this.#tracked.values()].map((tracked) => this.#detailsOf(tracked)),
    };
  }

  get #inProgress(): number {
    const { total, completed, failed } = this.#counts;
    return total - completed - failed;
  }

  /** Records that are handled while barriers are waited for belong before the snapshot. */
  #handled(at: SubtaskName, records: number): void {
    const key = keyOf(at);
    for (const { status, subtasks } of this.#tracked.values()) {
      const subtask = status === "in-progress" ? subtasks.get(key) : undefined;
      if (subtask?.begunAt !== undefined && subtask.frozenAt === undefined) subtask.processedRecords += records;
    }
  }

  #triggered(event: TraceEvent & { readonly kind: "checkpoint-triggered" }): void {
    this.#counts.total++;
    const subtasks = new Map(this.#subtasks.map((at) => [keyOf(at), newSubtask(at)]));
    this.#tracked.set(event.checkpointId, {
      event,
      triggeredAt: this.#env.now(),
      begunAt: this.#env.monotonic(),
      subtasks,
      status: "in-progress",
      reason: undefined,
      message: undefined,
      manifest: undefined,
      doneAt: undefined,
      endedAt: undefined,
    });
    for (const [id, { status }] of this.#tracked) {
      if (this.#tracked.size <= HISTORY_MAX) break;
      if (status !== "in-progress") this.#tracked.delete(id);
    }
  }

  #step(event: TraceEvent & { readonly checkpointId: number; readonly at: SubtaskName }): void {
    const tracked = this.#tracked.get(event.checkpointId);
    const subtask = tracked?.subtasks.get(keyOf(event.at));
    if (tracked === undefined || subtask === undefined) return;
    const now = this.#env.monotonic();
    switch (event.kind) {
      case "barrier-injected":
      case "barrier-received":
        subtask.begunAt ??= now;
        return;
      case "barrier-overtook":
        subtask.begunAt ??= now;
        subtask.unaligned = true;
        return;
      case "snapshot-frozen":
        subtask.begunAt ??= now;
        subtask.frozenAt = now;
        subtask.freezeMs = event.durationMs;
        return;
      case "snapshot-written":
        subtask.bytes = event.bytes;
        subtask.stateBytes = event.stateBytes;
        subtask.inFlightBytes = event.inFlightBytes;
        return;
      case "acknowledged":
        subtask.doneAt = now;
        subtask.acknowledgedAt = this.#env.now();
        return;
      case "declined":
        subtask.declined = true;
        if (event.message !== undefined) {
          tracked.message ??= `${event.at.stage} (${event.at.subtask}): ${event.message}`;
        }
        return;
      default:
    }
  }

  #end(checkpointId: number, status: "completed" | "failed", reason: CheckpointDetails["reason"]): void {
    const tracked = this.#tracked.get(checkpointId);
    if (tracked === undefined || tracked.status !== "in-progress") return;
    if (reason === "expired") tracked.message = this.#detailsOf(tracked).message;
    tracked.status = status;
    tracked.reason = reason;
    tracked.doneAt = this.#env.monotonic();
    tracked.endedAt = this.#env.now();
    this.#counts[status]++;
    if (status === "failed") {
      this.#failed = tracked;
      return;
    }
    if (tracked.event.request === "savepoint") this.#savepoint = tracked;
    this.#completed = tracked;
    this.#summary.push(this.#detailsOf(tracked));
    if (this.#summary.length > SUMMARY_MAX) this.#summary.shift();
  }

  #detailsOf(tracked: Tracked): CheckpointDetails {
    const { event, triggeredAt, begunAt, doneAt, endedAt, status, reason, message, manifest } = tracked;
    const { checkpointId, request } = event;
    const subtasks = [...tracked.subtasks.values()].map((subtask) => reportOf(subtask, begunAt));
    const totals = totalsOf(subtasks);
    const endToEndMs = (doneAt ?? this.#env.monotonic()) - begunAt;
    const late = status === "in-progress" ? describeLate({ checkpointId, endToEndMs, subtasks }) : undefined;
    return {
      checkpointId,
      status,
      reason,
      message: message ?? late,
      request,
      triggeredAt,
      endToEndMs,
      endedAt,
      manifest,
      retained: status === "completed" && this.#retained.includes(checkpointId),
      unaligned: subtasks.some(({ unaligned }) => unaligned),
      ...totals,
      bytes: totals.bytes + totals.inFlightBytes,
      slowest: slowestOf(subtasks),
      stages: stagesOf(subtasks),
      subtasks,
    };
  }
}

function newSubtask(at: SubtaskName): Subtask {
  return {
    at,
    declined: false,
    unaligned: false,
    begunAt: undefined,
    frozenAt: undefined,
    freezeMs: 0,
    doneAt: undefined,
    acknowledgedAt: undefined,
    bytes: 0,
    stateBytes: undefined,
    inFlightBytes: 0,
    processedRecords: 0,
  };
}

function reportOf(subtask: Subtask, triggeredAt: number): SubtaskReport {
  const { at, begunAt, frozenAt, freezeMs, doneAt, acknowledgedAt } = subtask;
  const { bytes, stateBytes, inFlightBytes, processedRecords, unaligned } = subtask;
  const alignmentMs = between(begunAt, frozenAt);
  return {
    at,
    phase: phaseOf(subtask),
    startDelayMs: between(triggeredAt, begunAt),
    alignmentMs: alignmentMs === undefined ? undefined : Math.max(0, alignmentMs - freezeMs),
    freezeMs: frozenAt === undefined ? undefined : freezeMs,
    writeMs: between(frozenAt, doneAt),
    endToEndMs: between(triggeredAt, doneAt),
    acknowledgedAt,
    bytes,
    stateBytes,
    inFlightBytes,
    processedRecords,
    unaligned,
  };
}

function phaseOf({ declined, begunAt, frozenAt, doneAt }: Subtask): SubtaskPhase {
  if (declined) return "declined";
  if (doneAt !== undefined) return "acknowledged";
  if (frozenAt !== undefined) return "writing";
  return begunAt === undefined ? "waiting" : "aligning";
}

function between(from: number | undefined, to: number | undefined): number | undefined {
  return from === undefined || to === undefined ? undefined : to - from;
}

function keyOf({ stage, subtask }: SubtaskName): string {
  return `${stage}/${subtask}`;
}
