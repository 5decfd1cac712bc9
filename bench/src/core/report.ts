import { formatMachine, type Machine } from "../machine.ts";
import type { Measured } from "./measure.ts";
import type { RivalRow } from "./rivals/measure-rivals.ts";
import { tableLines } from "../table.ts";

/** One line of the result. */
export interface ReportRow extends Measured {
  readonly computation: string;
  readonly keys: number;
}

/** What the core benchmark found, and where. */
export interface Report extends Machine {
  readonly benchmark: "core";
  readonly records: number;
  readonly repeat: number;
  readonly rows: readonly ReportRow[];
  /** The engine beside other libraries that keep grouped sums up to date. */
  readonly rivals: readonly RivalRow[];
}

const BAR_WIDTH = 20;

/** The report as a table for people. */
export function formatReport(report: Report): string {
  const header = [
    "computation",
    "keys",
    "parallelism",
    "checkpoints",
    "loop",
    "engine",
    "engine/loop",
    "spread",
    "",
    "of processor time",
    "cost",
  ];
  const rows = report.rows.map((row) => [
    row.computation,
    String(row.keys),
    String(row.parallelism),
    row.checkpoints === "none" ? "only the last" : `${row.checkpointsCompleted.median}, each ${row.checkpoints}`,
    rate(report.records, row.loopMs.median),
    rate(report.records, row.engineMs.median),
    row.ratio.median.toFixed(2),
    `${row.ratio.least.toFixed(2)} to ${row.ratio.greatest.toFixed(2)}`,
    bar(row.ratio.median),
    row.processorRatio.median.toFixed(2),
    `${row.cost.median.toFixed(2)} (${row.cost.least.toFixed(2)} to ${row.cost.greatest.toFixed(2)})`,
  ]);
  const { records, repeat } = report;
  const computed =
    rows.length === 0
      ? []
      : [
          "Rates are millions of records a second. A whole bar is the speed of the loop. Cost is processor time in parts of the first line's.",
          "",
          ...tableLines([header, ...rows]),
        ];
  return [
    `${records} records, median of ${repeat}, ${formatMachine(report)}`,
    ...computed,
    ...rivalLines(report.rivals),
  ].join("\n");
}

function rivalLines(rivals: readonly RivalRow[]): readonly string[] {
  if (rivals.length === 0) return [];
  const header = ["other library", "keys", "library", "engine", "times as fast", "spread", "of processor time"];
  const lines = rivals.map(({ rival, keys, ratio, processorRatio, rivalPerSecond, enginePerSecond }) => [
    rival,
    String(keys),
    perSecond(rivalPerSecond.median),
    perSecond(enginePerSecond.median),
    ratio.median.toFixed(1),
    `${ratio.least.toFixed(1)} to ${ratio.greatest.toFixed(1)}`,
    processorRatio.median.toFixed(1),
  ]);
  return [
    "",
    "A total for each product, kept up to date; the engine exactly-once with a checkpoint each second:",
    "",
    ...tableLines([header, ...lines]),
  ];
}

function perSecond(records: number): string {
  return `${(records / 1e6).toFixed(3)} M/s`;
}

function rate(records: number, ms: number): string {
  return `${(records / ms / 1_000).toFixed(2)} M/s`;
}

function bar(ratio: number): string {
  const filled = Math.min(BAR_WIDTH, Math.round(ratio * BAR_WIDTH));
  return "█".repeat(filled) + "░".repeat(BAR_WIDTH - filled);
}
