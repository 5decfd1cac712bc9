import { monitorEventLoopDelay } from "node:perf_hooks";

import type { BackendName, Flags } from "./flags.ts";
import { type PhaseOptions, type PhaseResult, runPhase } from "./run-phase.ts";
import { makeStand, type Stand } from "./stand.ts";
import { scattered, spread } from "./touches.ts";

/** One checkpoint after a part of all keys was changed. */
export interface Churn {
  /** Of all keys, in parts of a hundred. */
  readonly percent: number;
  /** Bytes of state that the checkpoint wrote, over those of the changed entries as they are encoded. */
  readonly checkpointOverChanged: number;
  /** All bytes written meanwhile over the same, folding and compaction included; `null`: nobody tells. */
  readonly writtenOverChanged: number | null;
}

/** What is measured by itself. */
export interface Subject {
  readonly backend: BackendName;
  readonly keys: number;
  /** How much state may be in memory; `undefined`: all of it. */
  readonly limitBytes: number | undefined;
}

/** What one backend came to. */
export interface Measured {
  readonly backend: BackendName;
  readonly keys: number;
  readonly limitBytes: number | null;
  readonly stateBytes: number;
  readonly loadsPerSecond: number;
  readonly updatesPerSecond: number;
  readonly readsPerSecond: number;
  readonly churn: readonly Churn[];
  readonly storedOverLive: number | null;
  readonly segments: number | null;
  readonly requestsPerCheckpoint: number | null;
  readonly firstRecordMs: number;
  readonly fullRateMs: number;
  /** Time between two turns of the event loop over the whole run, in milliseconds. */
  readonly turnMs: { readonly p50: number; readonly p99: number; readonly max: number };
  readonly rssBytes: number;
}

const CHURN_PERCENT = [1, 5, 20] as const;

/** A timer is looked at this often: no shorter delay is seen. */
const RESOLUTION_MS = 1;

/** Measures one backend in this process. */
export async function measure(subject: Subject, flags: Flags, progress: (done: string) => void): Promise<Measured> {
  const { backend, keys, limitBytes } = subject;
  const delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delays.enable();
  const stand = await makeStand(backend);
  try {
    const measured = await measureOn(stand, subject, flags, progress);
    delays.disable();
    const turnMs = {
      p50: sinceDue(delays.percentile(50)),
      p99: sinceDue(delays.percentile(99)),
      max: sinceDue(delays.max),
    };
    return { backend, keys, limitBytes: limitBytes ?? null, ...measured, turnMs, rssBytes: process.memoryUsage.rss() };
  } finally {
    await stand.dispose();
  }
}

async function measureOn(
  stand: Stand,
  { keys, limitBytes }: Subject,
  flags: Flags,
  progress: (done: string) => void,
): Promise<Omit<Measured, "backend" | "keys" | "limitBytes" | "turnMs" | "rssBytes">> {
  const { records, valueBytes, parallelism } = flags;
  const options: PhaseOptions = { valueBytes, parallelism, limitBytes, checkpoints: true };
  let from = 0;
  const phase = async (
    count: number,
    isRead: boolean,
    keyAt: (index: number) => number,
    checkpoints: boolean = true,
  ): Promise<PhaseResult> => {
    const result = await runPhase(stand, { from, count, isRead, keyAt }, { ...options, checkpoints });
    from += count;
    return result;
  };
  const load = await phase(keys, false, (index) => index);
  const stateBytes = stand.changed.encodedBytes;
  progress(`${keys} keys loaded`);
  const requestsBefore = stand.requests();
  const updates = await phase(records, false, scattered(keys));
  const requests = difference(stand.requests(), requestsBefore);
  progress("updated");
  const reads = await phase(records, true, scattered(keys));
  progress("read");
  const churn: Churn[] = [];
  for (const percent of CHURN_PERCENT) {
    churn.push(
      await measureChurn(stand, percent, () =>
        phase(share(keys, percent), false, spread(keys, share(keys, percent)), false),
      ),
    );
    progress(`changed ${percent} of 100 keys`);
  }
  const stored = await stand.storedBytes();
  return {
    stateBytes,
    loadsPerSecond: rate(keys, load),
    updatesPerSecond: rate(records, updates),
    readsPerSecond: rate(records, reads),
    churn,
    storedOverLive: stored === undefined ? null : stored / stateBytes,
    segments: stand.segments() ?? null,
    requestsPerCheckpoint: requests === undefined ? null : requests / updates.metrics.checkpoints.completed,
    firstRecordMs: reads.firstRecordMs,
    fullRateMs: reads.fullRateMs,
  };
}

async function measureChurn(stand: Stand, percent: number, change: () => Promise<PhaseResult>): Promise<Churn> {
  const before = { changed: stand.changed.encodedBytes, checkpoint: stand.checkpointBytes() };
  const writtenBefore = await stand.writtenBytes();
  const { metrics } = await change();
  const changed = stand.changed.encodedBytes - before.changed;
  const told = difference(stand.checkpointBytes(), before.checkpoint);
  const written = difference(await stand.writtenBytes(), writtenBefore);
  return {
    percent,
    checkpointOverChanged: (told ?? metrics.checkpoints.last?.bytes ?? Infinity) / changed,
    writtenOverChanged: written === undefined ? null : written / changed,
  };
}

function share(keys: number, percent: number): number {
  return Math.max(1, Math.round((keys * percent) / 100));
}

function difference(now: number | undefined, before: number | undefined): number | undefined {
  return now === undefined || before === undefined ? undefined : now - before;
}

/** From the first record on, so that what a start costs is not in it. */
function rate(records: number, { ms, firstRecordMs }: PhaseResult): number {
  return Math.round((records / (ms - firstRecordMs)) * 1_000);
}

function sinceDue(nanoseconds: number): number {
  return Math.max(0, nanoseconds / 1e6 - RESOLUTION_MS);
}
