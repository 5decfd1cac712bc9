import type { Costs } from "./costs.ts";
import { isSinkBatch, startOf } from "./naive.ts";
import type { TimedEvent } from "./record.ts";

interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

/** When the engine's sinks had work, and when checkpoints were under way. Read off the trace of a run without a crash. */
export interface EngineCourse {
  readonly startMs: number;
  readonly endMs: number;
  /** For each sink, when it was busy. */
  readonly busy: readonly (readonly Span[])[];
  readonly checkpoints: readonly Span[];
  /** When the last bead of each sink was done: what comes after is no time lost. */
  readonly workUntil: readonly number[];
}

/** Reads the course of a run off its trace. */
export function engineCourse(events: readonly TimedEvent[], { beadMs }: Costs): EngineCourse {
  const busyOf = (subtask: number): readonly Span[] =>
    events
      .filter((timed) => isSinkBatch(timed) && "at" in timed.event && timed.event.at.subtask === subtask)
      .map(({ atMs }) => ({ fromMs: atMs, toMs: atMs + beadMs }));
  const busy = [busyOf(0), busyOf(1)];
  return {
    startMs: startOf(events),
    endMs: events.at(-1)?.atMs ?? 0,
    busy,
    checkpoints: checkpointsOf(events),
    workUntil: busy.map((spans) => spans.at(-1)?.toMs ?? 0),
  };
}

/** How many beads its sinks have taken at a moment. */
export function engineBeads({ busy }: EngineCourse, atMs: number): number {
  return busy.reduce((beads, spans) => beads + spans.filter(({ fromMs }) => fromMs <= atMs).length, 0);
}

/** For how long sinks had nothing to do while a checkpoint was under way, both sinks taken together and halved. */
export function engineLostMs({ busy, checkpoints, workUntil }: EngineCourse, atMs: number): number {
  let lostMs = 0;
  for (const checkpoint of checkpoints) {
    busy.forEach((spans, sink) => {
      const toMs = Math.min(checkpoint.toMs, workUntil[sink] ?? 0, atMs);
      lostMs += Math.max(0, toMs - checkpoint.fromMs) - overlapMs(spans, checkpoint.fromMs, toMs);
    });
  }
  return lostMs / busy.length;
}

/** What the engine does at a moment. */
export function engineDoes(course: EngineCourse, fromMs: number, toMs: number): "checkpoint" | "work" | "idle" {
  const works = course.busy.some((spans) => overlapMs(spans, fromMs, toMs) > 0);
  if (!works) return "idle";
  return overlapMs(course.checkpoints, fromMs, toMs) > 0 ? "checkpoint" : "work";
}

function checkpointsOf(events: readonly TimedEvent[]): readonly Span[] {
  return events.flatMap(({ atMs, event }) => {
    if (event.kind !== "checkpoint-triggered") return [];
    const done = events.find(
      (other) => other.event.kind === "checkpoint-completed" && other.event.checkpointId === event.checkpointId,
    );
    return [{ fromMs: atMs, toMs: done?.atMs ?? atMs }];
  });
}

/** Spans do not overlap one another here, so their parts add up. */
function overlapMs(spans: readonly Span[], fromMs: number, toMs: number): number {
  return spans.reduce((sum, span) => sum + Math.max(0, Math.min(toMs, span.toMs) - Math.max(fromMs, span.fromMs)), 0);
}
