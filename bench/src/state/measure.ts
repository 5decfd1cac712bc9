import type { BackendName, Flags } from "./flags.ts";
import type { TableWrites } from "./level-log.ts";
import { requestsOf, type Traffic, type TrafficByPurpose, trafficSince } from "./objects/traffic.ts";
import { type PhaseOptions, type PhaseResult, preparePayloads, runPhase } from "./run-phase.ts";
import { makeStand, type Stand } from "./stand.ts";
import { Round, scattered, spread } from "./touches.ts";
import { type TurnTimes, TurnWatch } from "./turns.ts";
import { writtenMax } from "./written-max.ts";

/** A checkpoint after a part of all keys was changed, and then several one after the other. */
export interface Churn {
  /** Of all keys, in parts of a hundred. */
  readonly percent: number;
  /** How many follow each other for `written`. */
  readonly rounds: number;
  /**
   * Bytes of state that a checkpoint wrote, over those of the changed entries as they are encoded. What was folded and is
   * smaller than a megabyte goes along in the same object, and is in it.
   */
  readonly checkpointOverChanged: number;
  /** `null`: nobody tells. */
  readonly written: Written | null;
}

/** All bytes that were written, folding and compaction included, over those of the changed entries as they are encoded. */
export interface Written {
  readonly overChanged: number;
  /** The most that it may be. */
  readonly overChangedMax: number;
  /** What that consists of, on LevelDB. */
  readonly parts: WrittenParts | null;
}

/** What LevelDB writes. */
export interface WrittenParts {
  /** New values and images of old ones, in its log; and whatever else is small. */
  readonly log: number;
  /** The same as new tables. */
  readonly flushed: number;
  /** Tables that were merged with others. */
  readonly compacted: number;
}

/** Requests to an object store, by what they were for. */
export interface Requests {
  /** Of changes, manifests and heads, while keys were updated with a checkpoint each second: for one checkpoint. */
  readonly ofCheckpoint: number;
  /** The most that they may be: three, and one for each 16 MiB that were changed. */
  readonly ofCheckpointMax: number;
  /** Of putting layers together meanwhile, for one checkpoint. */
  readonly ofCompaction: number;
  /** Of deleting meanwhile, for one checkpoint. */
  readonly ofCleanUp: number;
  /** For entries that were not in memory, for each of a thousand updates: they say how well the state fits. */
  readonly ofThousandUpdates: number;
  /** The same of records that only read. */
  readonly ofThousandReads: number;
  /** Before the first record of a start. */
  readonly ofStart: number;
  /** What these brought. */
  readonly startBytes: number;
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
  /** While all keys were loaded, in any order of keys. */
  readonly loadWritten: Written | null;
  /** While keys were updated at random. */
  readonly updatesWritten: Written | null;
  readonly churn: readonly Churn[];
  readonly storedOverLive: number | null;
  readonly segments: number | null;
  /** The longest chain that a read may have to pass. */
  readonly layers: number | null;
  /** `null`: the backend makes none. */
  readonly requests: Requests | null;
  readonly firstRecordMs: number;
  readonly firstRecordCpuMs: number;
  readonly fullRateMs: number;
  /** Over the whole run. */
  readonly turnMs: TurnTimes;
  readonly rssBytes: number;
}

const CHURN_PERCENT = [1, 5, 20] as const;

const MIB: number = 1024 * 1024;

/** A row of checkpoints changes no more keys, if that is one round at least. */
const CHURN_KEYS_MAX = 400_000;

/** Changes go into objects of this size. */
const OBJECT_BYTES: number = 16 * 1024 * 1024;

/** Measures one backend in this process. */
export async function measure(subject: Subject, flags: Flags, progress: (done: string) => void): Promise<Measured> {
  const { backend, keys, limitBytes } = subject;
  preparePayloads(flags.valueBytes);
  const stand = await makeStand(backend, {
    writeBufferBytes: flags.writeBufferMiB * MIB,
    latencyMs: flags.latencyMs,
  });
  const turns = new TurnWatch();
  try {
    const measured = await measureOn(stand, subject, flags, progress);
    const turnMs = turns.stop();
    return { backend, keys, limitBytes: limitBytes ?? null, ...measured, turnMs, rssBytes: process.memoryUsage.rss() };
  } finally {
    await stand.dispose();
  }
}

async function measureOn(
  stand: Stand,
  { backend, keys, limitBytes }: Subject,
  flags: Flags,
  progress: (done: string) => void,
): Promise<Omit<Measured, "backend" | "keys" | "limitBytes" | "turnMs" | "rssBytes">> {
  const { records, valueBytes, parallelism, churnPercent } = flags;
  const options: PhaseOptions = { valueBytes, parallelism, limitBytes, checkpoints: true };
  // What a phase began with: the first one begins with nothing, and leaves all.
  let stateBytes = 0;
  const mostOf = (changedBytes: number): number =>
    writtenMax(backend, stateBytes > 0 ? stateBytes : changedBytes, changedBytes, flags.writeBufferMiB * MIB);
  let from = 0;
  const phase = async (
    count: number,
    isRead: boolean,
    keyAt: (index: number) => number,
    round?: Round,
  ): Promise<CountedPhase> => {
    const before = {
      traffic: stand.traffic(),
      changedBytes: stand.changed.encodedBytes,
      written: await stand.writtenBytes(),
    };
    const checkpoints = round === undefined;
    const result = await runPhase(stand, { from, count, isRead, keyAt, round }, { ...options, checkpoints });
    from += count;
    const changedBytes = stand.changed.encodedBytes - before.changedBytes;
    return {
      ...result,
      count,
      changedBytes,
      written: await writtenSince(stand, before.written, changedBytes, mostOf(changedBytes)),
      traffic: between(stand.traffic(), before.traffic),
    };
  };
  const load = await phase(keys, false, (index) => index);
  stateBytes = stand.changed.encodedBytes;
  progress(`${keys} keys loaded`);
  const updates = await phase(records, false, scattered(keys));
  progress("updated");
  const reads = await phase(records, true, scattered(keys));
  progress("read");
  const churn: Churn[] = [];
  for (const percent of CHURN_PERCENT) {
    const different = share(keys, percent);
    const rounds = Math.max(1, Math.min(Math.round(churnPercent / percent), Math.floor(CHURN_KEYS_MAX / different)));
    const keyAt = spread(keys, different);
    const once = await phase(different, false, keyAt, new Round(different));
    const often = rounds === 1 ? once : await phase(rounds * different, false, keyAt, new Round(different));
    churn.push({
      percent,
      rounds,
      checkpointOverChanged: ofCheckpoint(once) / once.changedBytes,
      written: often.written,
    });
    progress(`changed ${percent} of 100 keys`);
  }
  const stored = await stand.storedBytes();
  return {
    stateBytes,
    loadsPerSecond: rate(keys, load),
    updatesPerSecond: rate(records, updates),
    readsPerSecond: rate(records, reads),
    loadWritten: load.written,
    updatesWritten: updates.written,
    churn,
    storedOverLive: stored === undefined ? null : stored / stateBytes,
    segments: (await stand.segments()) ?? null,
    layers: stand.layers() ?? null,
    requests: countRequests(updates, reads),
    firstRecordMs: reads.firstRecordMs,
    firstRecordCpuMs: reads.firstRecordCpuMs,
    fullRateMs: reads.fullRateMs,
  };
}

/** A phase, with what was changed and asked for in it. */
interface CountedPhase extends PhaseResult {
  readonly count: number;
  readonly changedBytes: number;
  readonly written: Written | null;
  readonly traffic: TrafficByPurpose | undefined;
}

function countRequests(updates: CountedPhase, reads: CountedPhase): Requests | null {
  if (updates.traffic === undefined || reads.traffic === undefined) return null;
  const { completed } = updates.metrics.checkpoints;
  const forOne = (traffic: Traffic): number => requestsOf(traffic) / completed;
  const forThousand = (traffic: Traffic, { count }: CountedPhase): number => (requestsOf(traffic) / count) * 1_000;
  return {
    ofCheckpoint: forOne(updates.traffic.checkpoint),
    ofCheckpointMax: 3 + updates.changedBytes / OBJECT_BYTES / completed,
    ofCompaction: forOne(updates.traffic.compaction),
    ofCleanUp: forOne(updates.traffic["clean-up"]),
    ofThousandUpdates: forThousand(updates.traffic.read, updates),
    ofThousandReads: forThousand(reads.traffic.read, reads),
    ofStart: requestsOf(reads.traffic.start),
    startBytes: reads.traffic.start.bytesGot,
  };
}

/** Bytes of new values, of the only checkpoint of a phase. */
function ofCheckpoint({ traffic, metrics }: CountedPhase): number {
  return traffic?.checkpoint.segmentBytesPut ?? metrics.checkpoints.last?.bytes ?? Infinity;
}

async function writtenSince(
  stand: Stand,
  before: number | undefined,
  changedBytes: number,
  overChangedMax: number,
): Promise<Written | null> {
  const now = await stand.writtenBytes();
  if (now === undefined || before === undefined || changedBytes === 0) return null;
  const written = now - before;
  const tables = await stand.tableWrites();
  return {
    overChanged: written / changedBytes,
    overChangedMax,
    parts: tables === undefined ? null : partsOf(tables, written, changedBytes),
  };
}

function partsOf({ flushed, compacted }: TableWrites, written: number, changedBytes: number): WrittenParts {
  return {
    log: (written - flushed - compacted) / changedBytes,
    flushed: flushed / changedBytes,
    compacted: compacted / changedBytes,
  };
}

function share(keys: number, percent: number): number {
  return Math.max(1, Math.round((keys * percent) / 100));
}

function between(
  now: TrafficByPurpose | undefined,
  before: TrafficByPurpose | undefined,
): TrafficByPurpose | undefined {
  return now === undefined || before === undefined ? undefined : trafficSince(now, before);
}

/** From the first record on, so that what a start costs is not in it. */
function rate(records: number, { ms, firstRecordMs }: PhaseResult): number {
  return Math.round((records / (ms - firstRecordMs)) * 1_000);
}
