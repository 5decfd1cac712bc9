import type { Env } from "../env/env.ts";
import {
  type CheckpointDetails,
  type CheckpointReport,
  distributionOf,
  type SubtaskPhase,
  type SubtaskReport,
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
  acknowledgedAt: number | undefined;
  bytes: number;
  inFlightBytes: number;
}

interface Tracked {
  readonly event: TraceEvent & { readonly kind: "checkpoint-triggered" };
  readonly triggeredAt: number;
  readonly begunAt: number;
  readonly subtasks: ReadonlyMap<string, Subtask>;
  status: CheckpointDetails["status"];
  reason: CheckpointDetails["reason"];
  endedAt: number | undefined;
}

/** Follows checkpoints by the steps of the protocol, and tells what they have come to. */
export class CheckpointTracker {
  readonly #env: Env;
  #subtasks: readonly SubtaskName[] = [];
  /** By id, oldest first. */
  readonly #tracked = new Map<number, Tracked>();
  readonly #summary: { readonly endToEndMs: number; readonly bytes: number; readonly inFlightBytes: number }[] = [];
  readonly #counts = { restored: 0, total: 0, completed: 0, failed: 0 };
  #completed: Tracked | undefined;
  #savepoint: Tracked | undefined;
  #failed: Tracked | undefined;
  #restored: { readonly checkpointId: number; readonly at: number } | undefined;

  constructor(env: Env) {
    this.#env = env;
  }

  /** The subtasks of the attempt that begins. */
  begin(subtasks: readonly SubtaskName[]): void {
    this.#subtasks = subtasks;
  }

  /** What is under way will not be complete. */
  ended(reason: "suspended" | "shutdown"): void {
    for (const id of this.#tracked.keys()) this.#end(id, "failed", reason);
  }

  /** A step of the protocol. */
  on(event: TraceEvent): void {
    switch (event.kind) {
      case "attempt-started":
        this.#counts.restored += event.restoredFrom === undefined ? 0 : 1;
        this.#restored =
          event.restoredFrom === undefined ? undefined : { checkpointId: event.restoredFrom, at: this.#env.now() };
        return;
      case "attempt-failed":
        return this.ended("suspended");
      case "checkpoint-triggered":
        return this.#triggered(event);
      case "checkpoint-completed":
        return this.#end(event.checkpointId, "completed", undefined);
      case "checkpoint-aborted":
        return this.#end(event.checkpointId, "failed", event.reason);
      case "batch":
      case "watermark":
        return;
      default:
        if ("at" in event && "checkpointId" in event) this.#step(event);
    }
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
    const of = (field: "endToEndMs" | "bytes" | "inFlightBytes") =>
      distributionOf(this.#summary.map((each) => each[field]));
    const [endToEndMs, bytes, inFlightBytes] = [of("endToEndMs"), of("bytes"), of("inFlightBytes")];
    return {
      counts: { restored, total, inProgress: total - completed - failed, completed, failed },
      summary:
        endToEndMs === undefined || bytes === undefined || inFlightBytes === undefined
          ? undefined
          : { endToEndMs, bytes, inFlightBytes },
      latest: {
        completed: shown(this.#completed),
        savepoint: shown(this.#savepoint),
        failed: shown(this.#failed),
        restored: this.#restored,
      },
      history: [...this.#tracked.values()].map((tracked) => this.#detailsOf(tracked)),
    };
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
      endedAt: undefined,
    });
    for (const [id, { status }] of this.#tracked) {
      if (this.#tracked.size <= HISTORY_MAX) break;
      if (status !== "in-progress") this.#tracked.delete(id);
    }
  }

  #step(event: TraceEvent & { readonly checkpointId: number; readonly at: SubtaskName }): void {
    const subtask = this.#tracked.get(event.checkpointId)?.subtasks.get(keyOf(event.at));
    if (subtask === undefined) return;
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
        return;
      case "snapshot-written":
        subtask.bytes = event.bytes;
        subtask.inFlightBytes = event.inFlightBytes;
        return;
      case "acknowledged":
        subtask.acknowledgedAt = now;
        return;
      case "declined":
        subtask.declined = true;
        return;
      default:
    }
  }

  #end(checkpointId: number, status: "completed" | "failed", reason: CheckpointDetails["reason"]): void {
    const tracked = this.#tracked.get(checkpointId);
    if (tracked === undefined || tracked.status !== "in-progress") return;
    tracked.status = status;
    tracked.reason = reason;
    tracked.endedAt = this.#env.monotonic();
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
    const { event, triggeredAt, begunAt, endedAt, status, reason } = tracked;
    const subtasks = [...tracked.subtasks.values()].map((subtask) => reportOf(subtask, begunAt));
    const inFlightBytes = subtasks.reduce((sum, subtask) => sum + subtask.inFlightBytes, 0);
    return {
      checkpointId: event.checkpointId,
      status,
      reason,
      request: event.request,
      triggeredAt,
      endToEndMs: (endedAt ?? this.#env.monotonic()) - begunAt,
      bytes: subtasks.reduce((sum, { bytes }) => sum + bytes, inFlightBytes),
      inFlightBytes,
      acknowledged: subtasks.filter(({ phase }) => phase === "acknowledged").length,
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
    acknowledgedAt: undefined,
    bytes: 0,
    inFlightBytes: 0,
  };
}

function reportOf(subtask: Subtask, triggeredAt: number): SubtaskReport {
  const { at, begunAt, frozenAt, acknowledgedAt, bytes, inFlightBytes, unaligned } = subtask;
  return {
    at,
    phase: phaseOf(subtask),
    startDelayMs: between(triggeredAt, begunAt),
    alignmentMs: between(begunAt, frozenAt),
    writeMs: between(frozenAt, acknowledgedAt),
    endToEndMs: between(triggeredAt, acknowledgedAt),
    bytes,
    inFlightBytes,
    unaligned,
  };
}

function phaseOf({ declined, begunAt, frozenAt, acknowledgedAt }: Subtask): SubtaskPhase {
  if (declined) return "declined";
  if (acknowledgedAt !== undefined) return "acknowledged";
  if (frozenAt !== undefined) return "writing";
  return begunAt === undefined ? "waiting" : "aligning";
}

function between(from: number | undefined, to: number | undefined): number | undefined {
  return from === undefined || to === undefined ? undefined : to - from;
}

function keyOf({ stage, subtask }: SubtaskName): string {
  return `${stage}/${subtask}`;
}
