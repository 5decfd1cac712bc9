/**
 * The naive algorithm, for comparison: stop everything, save, go on. This is a calculation and not the engine. It takes
 * the engine's own run of the same beads without checkpoints, and stops it for as long as saving takes.
 *
 * @module
 */
import { type Costs, writingMs } from "./costs.ts";
import { STEPS } from "./job.ts";
import type { Recording, TimedEvent } from "./record.ts";

/** What a stretch of time is spent with. */
export type SegmentKind = "work" | "save";

/** A stretch of time. */
export interface Segment {
  readonly kind: SegmentKind;
  readonly fromMs: number;
  readonly toMs: number;
  /** How much of the run without checkpoints has been done when it begins. */
  readonly doneMs: number;
  /** What is saved in it. */
  readonly bytes: number;
}

/** The naive algorithm from start to end. */
export interface NaiveRun {
  readonly segments: readonly Segment[];
  /** When the sinks take their beads in the run without checkpoints, from its start. */
  readonly beadsAtMs: readonly number[];
}

/** What the naive algorithm is given: the same beads and costs as the engine. */
export interface NaiveOptions {
  readonly costs: Costs;
  /** The engine's run without checkpoints. */
  readonly undisturbed: Recording;
  /** The engine's run that it is compared with: start, and the bytes of each checkpoint are taken from it. */
  readonly engine: Recording;
}

/** Works the naive algorithm out. */
export function naiveRun({ costs, undisturbed, engine }: NaiveOptions): NaiveRun {
  const origin = startOf(undisturbed.events);
  const beadsAtMs = undisturbed.events.filter(isSinkBatch).map(({ atMs }) => atMs - origin);
  const allMs = (beadsAtMs.at(-1) ?? 0) + costs.beadMs;
  const bytes = engine.events.flatMap(({ event }) => (event.kind === "checkpoint-completed" ? [event.bytes] : []));
  const segments: Segment[] = [];
  let nowMs = startOf(engine.events);
  let dueMs = nowMs + costs.intervalMs;
  let doneMs = 0;
  let saves = 0;
  const spend = (kind: SegmentKind, durationMs: number, bytesSaved = 0): void => {
    segments.push({ kind, fromMs: nowMs, toMs: nowMs + durationMs, doneMs, bytes: bytesSaved });
    nowMs += durationMs;
    if (kind === "work") doneMs += durationMs;
  };
  for (;;) {
    const over = doneMs >= allMs;
    if (over || nowMs >= dueMs) {
      const size = bytes[Math.min(saves++, bytes.length - 1)] ?? 0;
      spend("save", writingMs(costs, size), size);
      if (over) return { segments, beadsAtMs };
      while (dueMs <= nowMs) dueMs += costs.intervalMs;
    } else spend("work", Math.min(allMs - doneMs, dueMs - nowMs));
  }
}

/** The stretch in which a moment lies; `undefined` before the start and after the end. */
export function segmentAt({ segments }: NaiveRun, atMs: number): Segment | undefined {
  return segments.find(({ fromMs, toMs }) => fromMs <= atMs && atMs < toMs);
}

/** How many beads its sinks have taken at a moment. */
export function naiveBeads(run: NaiveRun, atMs: number): number {
  const segment = segmentAt(run, atMs);
  if (segment === undefined) return atMs < (run.segments[0]?.fromMs ?? 0) ? 0 : run.beadsAtMs.length;
  const doneMs = segment.doneMs + (segment.kind === "work" ? atMs - segment.fromMs : 0);
  return run.beadsAtMs.filter((beadMs) => beadMs <= doneMs).length;
}

/** The pauses up to a moment, with the time lost in each. The last save, when all work is done, is none. */
export function naivePauses({ segments }: NaiveRun, atMs: number): readonly number[] {
  return segments
    .slice(0, -1)
    .filter(({ kind, fromMs }) => kind === "save" && fromMs < atMs)
    .map(({ fromMs, toMs }) => Math.min(toMs, atMs) - fromMs);
}

export function startOf(events: readonly TimedEvent[]): number {
  return events.find(({ event }) => event.kind === "attempt-started")?.atMs ?? 0;
}

export function isSinkBatch({ event }: TimedEvent): boolean {
  return event.kind === "batch" && event.at.stage === STEPS.sink;
}
