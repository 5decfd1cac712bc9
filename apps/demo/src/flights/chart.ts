/**
 * A small drawing: throughput over time, with a mark where the job was killed.
 *
 * @module
 */
import type { Sample } from "./course.ts";
import { count } from "./numbers.ts";

const BLOCKS = " ▁▂▃▄▅▆▇█";
const COLUMNS = 64;
const LINES = 4;

/** Lines to print. */
export function throughputChart(samples: readonly Sample[], killsMs: readonly number[], endMs: number): string[] {
  const rates = ratesOf(samples, endMs);
  const most = Math.max(...rates, 1);
  const axis = `${count(most)}/s`;
  const lines: string[] = [];
  for (let line = LINES - 1; line >= 0; line--) {
    const label = line === LINES - 1 ? axis : "";
    const cells = rates.map((rate) => {
      const eighths = Math.round((rate / most) * LINES * 8) - line * 8;
      return BLOCKS[Math.min(8, Math.max(0, eighths))]!;
    });
    lines.push(`${label.padStart(axis.length)} │${cells.join("")}`);
  }
  const marks = Array.from({ length: COLUMNS }, () => " ");
  for (const atMs of killsMs) marks[Math.min(COLUMNS - 1, Math.floor((atMs / endMs) * COLUMNS))] = "✕";
  lines.push(`${"killed".padStart(axis.length)} │${marks.join("").trimEnd()}`);
  return lines;
}

/** Records a second in each column. Between two samples the rate is taken as even. */
function ratesOf(samples: readonly Sample[], endMs: number): number[] {
  const width = endMs / COLUMNS;
  const readAt = (timeMs: number) => {
    const after = samples.findIndex((sample) => sample.atMs >= timeMs);
    if (after < 0) return samples.at(-1)?.read ?? 0;
    const right = samples[after]!;
    const left = samples[after - 1];
    if (left === undefined || right.atMs === left.atMs) return right.read;
    return left.read + ((right.read - left.read) * (timeMs - left.atMs)) / (right.atMs - left.atMs);
  };
  return Array.from({ length: COLUMNS }, (_, column) => {
    const read = readAt((column + 1) * width) - readAt(column * width);
    return Math.max(0, (read * 1_000) / width);
  });
}
