/**
 * How long a checkpoint takes while every channel is full and the sink is ten times slower than the source. On virtual time:
 * the same figures on every machine.
 *
 *     npm run bench -- checkpoints
 *     npm run bench -- checkpoints --json
 */
import { parseArgs } from "node:util";

import { type Measured, measure } from "./measure.ts";

/** How many records a channel holds: once, ten times and a hundred times. */
export const CAPACITIES: readonly number[] = [64, 640, 6_400];

/** What a checkpoint that waits for nothing else may take besides, in milliseconds: a few latencies of the store. */
const SLACK_MS = 5;

/** Everything that was measured. */
export interface CheckpointsReport {
  readonly idle: readonly Measured[];
  readonly loaded: readonly Measured[];
}

/** Measures aligned and unaligned checkpoints, idle and with full channels of each capacity. */
export async function measureAll(capacities: readonly number[] = CAPACITIES): Promise<CheckpointsReport> {
  const idle: Measured[] = [];
  const loaded: Measured[] = [];
  for (const mode of ["aligned", "unaligned"] as const) {
    idle.push(await measure(mode, capacities[0] ?? 1, true));
    for (const channelRecords of capacities) loaded.push(await measure(mode, channelRecords));
  }
  return { idle, loaded };
}

/** The most that an unaligned checkpoint may take: an idle one, one batch of the sink, and the bytes in flight. */
export function boundMs({ idle }: CheckpointsReport, measured: Measured): number {
  const idleMs = idle.find(({ mode }) => mode === measured.mode)?.durationMs ?? 0;
  return idleMs + measured.sinkBatchMs + measured.inFlightWriteMs + SLACK_MS;
}

/** The unaligned ones that took longer. */
export function tooSlow(report: CheckpointsReport): readonly Measured[] {
  return report.loaded.filter((each) => each.mode === "unaligned" && each.durationMs > boundMs(report, each));
}

export async function checkpointsBench(programArguments: readonly string[]): Promise<void> {
  const { values } = parseArgs({ args: [...programArguments], options: { json: { type: "boolean", default: false } } });
  const report = await measureAll();
  for (const line of linesOf(report)) console.log(line);
  if (values.json) console.log(JSON.stringify(report));
  if (tooSlow(report).length === 0) return;
  console.error(
    "An unaligned checkpoint took longer than an idle one, a batch of the sink and the writing of its bytes",
  );
  process.exitCode = 1;
}

function linesOf(report: CheckpointsReport): readonly string[] {
  const ms = (value: number): string => `${value.toFixed(1)} ms`.padStart(12);
  return [
    `${"mode".padEnd(10)}${"records a channel".padStart(18)}${"duration".padStart(12)}${"bound".padStart(12)}${"in flight".padStart(14)}`,
    ...report.idle.map((each) => `${each.mode.padEnd(10)}${"idle".padStart(18)}${ms(each.durationMs)}`),
    ...report.loaded.map((each) => {
      const bound = each.mode === "unaligned" ? ms(boundMs(report, each)) : "".padStart(12);
      const bytes = `${each.inFlightBytes} B`.padStart(14);
      return `${each.mode.padEnd(10)}${String(each.channelRecords).padStart(18)}${ms(each.durationMs)}${bound}${bytes}`;
    }),
  ];
}
