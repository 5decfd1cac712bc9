/**
 * The process that is killed: runs the job from wherever its last checkpoint stands, and tells its parent how it goes.
 *
 * @module
 */
import { leveldb } from "@tidemark/backend-leveldb";
import { memory } from "@tidemark/backend-memory";
import { ndjsonSink, ndjsonSource } from "@tidemark/connectors/file";
import { type JobHandle, type PointName, run, standardEnv } from "@tidemark/core";
import type { Flight, HourlyRow } from "./flight.ts";
import { flightsJob } from "./job.ts";
import { type Progress, say, type Task } from "./messages.ts";
import { standStill } from "./stand-still.ts";
import { counted as countedSource, Tally } from "./tally.ts";

const PROGRESS_MS = 100;

const task = JSON.parse(process.argv[2] ?? "{}") as Task;
const { stop } = task;

let handle: JobHandle | undefined;
let isReading = false;
let wasArmed = false;
let passings = 0;

const tally = new Tally({
  assigned: ({ position }) => say({ type: "split", byte: position, restored: isRestored() }),
  counted,
});

function isRestored(): boolean {
  return handle?.metrics().restoredFrom !== undefined;
}

function counted(): void {
  if (!isReading) say({ type: "reading" });
  isReading = true;
  if (stop === undefined) return;
  // An aim at a restore that had nothing to restore: the first record is as near as it gets.
  if (stop.point?.startsWith("restore.") === true) stopAt("first record");
  // A kill at any moment strikes without warning: until then the parent is told of every batch.
  if (isArmed() && stop.point === undefined) say({ type: "progress", ...progress() });
  if (stop.givenUpFrom !== undefined && hasReached(stop.givenUpFrom)) stopAt(`${stop.point} not passed`);
}

/** Whether every split has come to that schedule. In an attempt that restored nothing none may be missing. */
function hasReached(scheduled: number): boolean {
  return tally.reached >= scheduled && (isRestored() || tally.splits >= task.splits);
}

function isArmed(): boolean {
  if (stop === undefined || (stop.armedFrom !== undefined && !hasReached(stop.armedFrom))) return false;
  if (!wasArmed) say({ type: "armed" });
  wasArmed = true;
  return true;
}

function passing(point: PointName, detail?: Readonly<Record<string, unknown>>): void {
  const id = detail?.["checkpointId"];
  // The head is also written when ids are drawn ahead: that completes no checkpoint.
  if (point.startsWith("head.") && typeof id !== "number") return;
  if (point === "head.written") say({ type: "completed", id: Number(id) });
  if (point === stop?.point && isArmed() && ++passings >= stop.occurrence) stopAt(point);
}

function stopAt(point: string): never {
  say({ type: "stopped", point, progress: progress() });
  return standStill();
}

function progress(): Progress {
  const metrics = handle?.metrics();
  const last = metrics?.checkpoints.last;
  return {
    records: tally.records,
    eventTime: [metrics?.watermark, tally.reached].find(Number.isFinite),
    last: last && { id: last.checkpointId, durationMs: last.durationMs, bytes: last.bytes },
    memoryBytes: process.memoryUsage.rss(),
  };
}

async function main(): Promise<void> {
  const job = flightsJob({
    feed: countedSource(ndjsonSource<Flight>(task.feed, { splits: task.splits, hash: task.sha256 }), tally),
    hours: ndjsonSink<HourlyRow>(task.hours),
    late: ndjsonSink<Flight>(task.late),
    bound: task.bound,
  });
  handle = run(job, {
    backend: task.backend === "leveldb" ? leveldb(task.state) : memory(),
    durable: task.backend === "leveldb",
    parallelism: task.parallelism,
    checkpoint: { interval: task.interval },
    restart: "none",
    env: standardEnv({ point: passing }),
  });
  const ticker = setInterval(() => say({ type: "progress", ...progress() }), PROGRESS_MS);
  // A job that fails must not leave the ticker behind, which keeps the process alive.
  await handle.finished.finally(() => clearInterval(ticker));
  // The job was faster than its aim. A process that dies after the end must not change anything either.
  if (stop !== undefined) stopAt("end of the job");
  say({ type: "finished", progress: progress() });
}

try {
  await main();
} catch (error) {
  say({ type: "failed", reason: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  process.exitCode = 1;
}
