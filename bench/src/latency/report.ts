import { formatMachine, type Machine } from "../machine.ts";
import type { Latency } from "./measure.ts";
import { tableLines } from "../table.ts";

/** One line of the result. */
export interface LatencyRow extends Latency {
  readonly keys: number;
  /** Records a second when all are there at once. */
  readonly capacityPerSecond: number;
  /** Records a second on schedule. */
  readonly recordsPerSecond: number;
}

/** What the latency benchmark found, and where. */
export interface Report extends Machine {
  readonly benchmark: "latency";
  readonly seconds: number;
  readonly rows: readonly LatencyRow[];
}

/** What latency at half load should stay below. */
export const AIMS = { p99Ms: 5, p9999Ms: 25 };

/** The report as a table for people. */
export function formatReport(report: Report): string {
  const header = [
    "keys",
    "records/s",
    "checkpoints",
    "samples",
    "p50",
    "p99",
    "p99.99",
    "max",
    "collections",
    "longest",
    "loop p99",
    "loop max",
  ];
  const rows = report.rows.map((row) => [
    String(row.keys),
    String(row.recordsPerSecond),
    row.checkpoints === "none" ? "only the last" : `${row.checkpointsCompleted}, each second`,
    String(row.samples),
    ...[row.p50Ms, row.p99Ms, row.p9999Ms, row.maxMs].map(shown),
    `${row.collections.minor} + ${row.collections.major}`,
    shown(row.collections.maxMs),
    shown(row.loopDelay.p99Ms),
    shown(row.loopDelay.maxMs),
  ]);
  return [
    `Milliseconds from when a record was due to when its result reached the sink, ${formatMachine(report)}`,
    `Collections are minor and major ones; "loop" is how late timers came. Aims: p99 below ${AIMS.p99Ms}, p99.99 below ${AIMS.p9999Ms}.`,
    "",
    ...tableLines([header, ...rows], () => "right"),
  ].join("\n");
}

function shown(ms: number): string {
  return ms.toFixed(2);
}
