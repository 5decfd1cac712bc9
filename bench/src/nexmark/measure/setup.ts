/** The places that a query is measured in. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { leveldb } from "@tidemark/backend-leveldb";
import { memory } from "@tidemark/backend-memory";
import { ndjsonSink } from "@tidemark/connectors/file";
import { toArray } from "@tidemark/connectors/iterable";
import type { Sink, StateBackend } from "@tidemark/core";

import type { Output } from "../run/job.ts";
import { givenLines } from "../run/output.ts";

/** Where state is kept, and where rows go. */
export type SetupName = "memory" | "leveldb" | "file-sink";

export const SETUPS: readonly SetupName[] = ["memory", "leveldb", "file-sink"];

/** A place to run a query in, once. */
export interface Setup {
  readonly backend: StateBackend;
  readonly sink: Sink<Output, unknown, "exactly-once">;
  /** What was committed. */
  outputs(): Promise<readonly Output[]>;
  dispose(): Promise<void>;
}

/** Makes a fresh, empty place. */
export async function openSetup(name: SetupName): Promise<Setup> {
  if (name === "memory") {
    const rows = toArray<Output>();
    return { backend: memory(), sink: rows.sink, outputs: async () => rows.values, dispose: async () => undefined };
  }
  const directory = await mkdtemp(join(tmpdir(), "nexmark-bench-"));
  const dispose = (): Promise<void> => rm(directory, { recursive: true, force: true });
  if (name === "leveldb") {
    const rows = toArray<Output>();
    return { backend: leveldb(join(directory, "state")), sink: rows.sink, outputs: async () => rows.values, dispose };
  }
  const parts = join(directory, "parts");
  return { backend: memory(), sink: ndjsonSink<Output>(parts), outputs: () => readAll(parts), dispose };
}

async function readAll(parts: string): Promise<readonly Output[]> {
  const outputs: Output[] = [];
  for await (const line of givenLines(parts)) outputs.push(JSON.parse(line) as Output);
  return outputs;
}
