/**
 * The engine and the naive algorithm side by side, on one axis of time.
 *
 * @module
 */
import type { Costs } from "./costs.ts";
import { engineBeads, type EngineCourse, engineCourse, engineDoes, engineLostMs } from "./engine-course.ts";
import { type Line, type Span, span, type Style } from "./ink.ts";
import { naiveBeads, naivePauses, naiveRun, type NaiveRun, segmentAt } from "./naive.ts";
import type { Recording } from "./record.ts";

/** Two runs that can be compared at any moment. */
export interface Comparison {
  readonly engine: EngineCourse;
  readonly naive: NaiveRun;
  readonly costs: Costs;
  readonly beads: number;
  /** The later of the two ends. */
  readonly endMs: number;
}

const LABEL = 10;
const COLUMNS = 42;
const MARKS = { work: "█", checkpoint: "▓", save: "░", idle: "·", ahead: " " } as const;
const STYLES: Readonly<Record<keyof typeof MARKS, Style>> = {
  work: "good",
  checkpoint: "even",
  save: "blocked",
  idle: "dim",
  ahead: "plain",
};

type Mark = keyof typeof MARKS;

/** Sets the two side by side. */
export function compare(engine: Recording, undisturbed: Recording, costs: Costs): Comparison {
  const course = engineCourse(engine.events, costs);
  const naive = naiveRun({ costs, undisturbed, engine });
  const endMs = Math.max(course.endMs, naive.segments.at(-1)?.toMs ?? 0);
  return { engine: course, naive, costs, beads: naive.beadsAtMs.length, endMs };
}

/** The two timelines up to a moment, and who has done what: four lines. */
export function comparisonLines(comparison: Comparison, atMs: number): readonly Line[] {
  const { engine, naive, endMs } = comparison;
  const slotMs = (endMs - engine.startMs) / COLUMNS;
  const slots = Array.from({ length: COLUMNS }, (_, index) => engine.startMs + index * slotMs);
  const engineMarks = slots.map((fromMs): Mark =>
    fromMs > Math.min(atMs, engine.endMs) ? "ahead" : engineDoes(engine, fromMs, Math.min(fromMs + slotMs, atMs)),
  );
  const naiveMarks = slots.map((fromMs): Mark =>
    fromMs > atMs ? "ahead" : (segmentAt(naive, Math.min(fromMs + slotMs / 2, atMs))?.kind ?? "ahead"),
  );
  const naiveLost = sum(naivePauses(naive, atMs));
  return [
    keyLine(),
    [
      span("Tidemark".padEnd(LABEL), "strong"),
      ...bar(engineMarks),
      counts(engineBeads(engine, atMs), engineLostMs(engine, atMs)),
    ],
    [span("naive".padEnd(LABEL), "strong"), ...bar(naiveMarks), counts(naiveBeads(naive, atMs), naiveLost)],
    naiveNow(comparison, atMs),
  ];
}

/** What the comparison comes to, when both are at their end. */
export function comparisonSummary(comparison: Comparison): readonly string[] {
  const { engine, naive, costs } = comparison;
  const pauses = naivePauses(naive, Infinity);
  const saved = naive.segments.filter(({ kind }) => kind === "save").map(({ bytes }) => bytes);
  const naiveEndMs = naive.segments.at(-1)?.toMs ?? comparison.endMs;
  const naiveWorkedMs = naive.segments.at(-1)?.fromMs ?? comparison.endMs;
  const since = (atMs: number): string => seconds(atMs - engine.startMs);
  return [
    "beads through the sinks at equal times:",
    ...equalTimes(comparison),
    "",
    `Tidemark, the real engine in virtual time: ${engine.checkpoints.length} checkpoints, nothing stopped. While they were ` +
      `taken, sinks were without work for ${ms(engineLostMs(engine, Infinity))}. The last bead was through after ` +
      `${since(Math.max(...engine.workUntil))}, and committed after ${since(engine.endMs)}.`,
    "",
    `Naive, calculated: ${pauses.length} pauses, ${pauses.map(ms).join(" + ")} = ${ms(sum(pauses))} in which everything stood ` +
      `still. The last bead was through after ${since(naiveWorkedMs)}, and committed after ${since(naiveEndMs)}.`,
    "",
    `Both pay ${costs.beadMs} ms for a bead at a sink, ${costs.writeMs} ms for a write to storage and ${costs.byteMs} ms for ` +
      `each byte of it. The naive one is the engine's own run without checkpoints, stopped for as long as it takes to save: ` +
      `as many bytes as the engine's checkpoint of the same turn (${saved.join(", ")}), in a single write, and nothing for the ` +
      "beads in flight. The engine makes several writes, one after the other, while beads flow.",
  ];
}

/** A line for each second while there is work. */
function equalTimes({ engine, naive, beads }: Comparison): readonly string[] {
  const lines: string[] = [];
  for (let second = 1; ; second++) {
    const atMs = engine.startMs + second * 1_000;
    const [one, other] = [engineBeads(engine, atMs), naiveBeads(naive, atMs)];
    lines.push(`  after ${second} s   Tidemark ${String(one).padStart(2)}   naive ${String(other).padStart(2)}`);
    if (one >= beads && other >= beads) return lines;
  }
}

function keyLine(): Line {
  const entries: readonly (readonly [Mark, string])[] = [
    ["work", "works"],
    ["checkpoint", "works and takes a checkpoint"],
    ["save", "stands still and saves"],
  ];
  return entries.flatMap(([mark, text]): Line => [span(MARKS[mark], STYLES[mark]), span(` ${text}   `, "dim")]);
}

function bar(marks: readonly Mark[]): readonly Span[] {
  return marks.map((mark) => span(MARKS[mark], STYLES[mark]));
}

function counts(beads: number, lostMs: number): Span {
  return span(` ${String(beads).padStart(2)} beads, ${ms(lostMs).padStart(6)} lost`);
}

function naiveNow({ naive, engine }: Comparison, atMs: number): Line {
  const segment = segmentAt(naive, atMs);
  const pauses = naivePauses(naive, atMs);
  const indent = span(" ".repeat(LABEL));
  if (segment?.kind === "save") {
    const left = ms(segment.toMs - atMs);
    return [indent, span(`naive: EVERYTHING STANDS STILL to save ${segment.bytes} bytes, ${left} to go`, "blocked")];
  }
  if (segment === undefined && atMs > engine.startMs) return [indent, span("naive: at its end", "dim")];
  const so = pauses.length === 0 ? "" : `; paused ${pauses.map(ms).join(", ")}`;
  return [indent, span(`naive: calculated, same costs${so}`, "dim")];
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function ms(value: number): string {
  return `${Math.round(value)} ms`;
}

function seconds(value: number): string {
  return `${(value / 1000).toFixed(2)} s`;
}
