import { mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { leveldb } from "@tidemark/backend-leveldb";
import { memory } from "@tidemark/backend-memory";
import { s3 } from "@tidemark/backend-s3";
import type { Env, StateBackend } from "@tidemark/core";
import { layersIn } from "@tidemark/core/internal";

import { type Changed, countingBackend, type LayersOf } from "./counting-backend.ts";
import type { BackendName } from "./flags.ts";
import { type TableWrites, tableWrites } from "./level-log.ts";
import { startStore } from "./objects/store-process.ts";
import { TrafficCount, type TrafficByPurpose } from "./objects/traffic.ts";
import { Purposes } from "./purposes.ts";

/** A backend under measurement, with what can be counted behind it. */
export interface Stand {
  /** A new backend on the same medium, as a new process would make it. */
  open(): StateBackend;
  /** To be given to the jobs: it knows what they are at. */
  readonly env: Env;
  /** What tables gave to stores so far. */
  readonly changed: Changed;
  /** All bytes written so far, by folding and compaction too. Where the medium, or the system, tells. */
  writtenBytes(): Promise<number | undefined>;
  /** Of these, bytes of tables, since the medium was opened last; `undefined` if it is not LevelDB. */
  tableWrites(): Promise<TableWrites | undefined>;
  /** Bytes that the medium holds. */
  storedBytes(): Promise<number | undefined>;
  /** Requests made so far, where there are any. */
  traffic(): TrafficByPurpose | undefined;
  /** The most layers that a checkpoint of a store was put together from so far; `undefined` if it has none. */
  layers(): number | undefined;
  /** Objects that hold state. */
  segments(): Promise<number | undefined>;
  dispose(): Promise<void>;
}

/** What a medium is made with, each of which one backend heeds. */
export interface StandOptions {
  /** Of LevelDB. */
  readonly writeBufferBytes: number;
  /** How long each answer of an object store takes beside what it takes anyway. */
  readonly latencyMs: number;
}

/** Makes a stand on a new, empty medium. */
export async function makeStand(name: BackendName, { writeBufferBytes, latencyMs }: StandOptions): Promise<Stand> {
  const changed: Changed = { puts: 0, encodedBytes: 0, layersMax: 0 };
  const purposes = new Purposes();
  const counting = (backend: StateBackend, layersOf: LayersOf = () => 0): StateBackend =>
    countingBackend(backend, changed, purposes, layersOf);
  const unknown = async (): Promise<undefined> => undefined;
  const known = { changed, env: purposes.env, tableWrites: unknown, traffic: none, layers: none, segments: unknown };
  if (name === "memory") {
    const backend = memory();
    return { ...known, open: () => counting(backend), writtenBytes: unknown, storedBytes: unknown, dispose: unknown };
  }
  if (name === "s3") {
    const store = await startStore(latencyMs);
    const count = new TrafficCount(store.endpoint, () => purposes.now);
    const connection = { endpoint: store.endpoint, credentials: { accessKeyId: "bench", secretAccessKey: "bench" } };
    // Now, so that nobody is measured while it is loaded.
    await import("@aws-sdk/client-s3");
    return {
      ...known,
      open: () => counting(s3({ bucket: "bench", prefix: "bench", connection }), layersIn),
      writtenBytes: async () => Object.values(count.traffic).reduce((sum, { bytesPut }) => sum + bytesPut, 0),
      storedBytes: async () => (await store.stored()).bytes,
      traffic: () => count.traffic,
      layers: () => changed.layersMax,
      segments: async () => (await store.stored()).segments,
      dispose: () => store.stop(),
    };
  }
  const directory = await mkdtemp(join(tmpdir(), "tidemark-bench-"));
  return {
    ...known,
    open: () => counting(leveldb(directory, { writeBufferBytes })),
    writtenBytes: writtenByProcess,
    tableWrites: () => tableWrites(directory),
    storedBytes: () => sizeOf(directory),
    dispose: () => rm(directory, { recursive: true, force: true }),
  };
}

function none(): undefined {
  return undefined;
}

/** What this process has handed to the system in writes, LevelDB's threads included. Linux alone tells. */
async function writtenByProcess(): Promise<number | undefined> {
  const text = await readFile("/proc/self/io", "utf8").catch(() => "");
  const found = /^wchar: (\d+)$/m.exec(text)?.[1];
  return found === undefined ? undefined : Number(found);
}

async function sizeOf(directory: string): Promise<number> {
  let sum = 0;
  for (const name of await readdir(directory)) {
    // LevelDB deletes files meanwhile.
    sum += await stat(join(directory, name)).then(
      ({ size }) => size,
      () => 0,
    );
  }
  return sum;
}
