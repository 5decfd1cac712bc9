import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { leveldb } from "@tidemark/backend-leveldb";
import { type JobHandle, pipeline, run, type RunOptions } from "@tidemark/core";

import { ndjsonSink, ndjsonSource } from "../../src/file/mod.ts";
import { throttle } from "../../src/throttle/mod.ts";

const NUMBERS = 12_000;
const KEYS = 50;

/** A number, and the sum of all numbers of its key so far. */
interface Row {
  readonly n: number;
  readonly sum: number;
}

/** What a start of the job is given besides its places. */
export interface DurableOptions extends Partial<RunOptions> {
  readonly name?: string;
  readonly recordsPerSecond?: number;
}

/** Where a job keeps its state. */
export const stateOf = (path: string): string => join(path, "state");

/** Writes what the job reads. */
export async function writeInput(path: string): Promise<void> {
  const lines = Array.from({ length: NUMBERS }, (_, n) => `${n}\n`);
  await writeFile(join(path, "input.ndjson"), lines.join(""));
}

/** A job from a file into a directory, with its state on the disk between. */
export function runDurable(path: string, options: DurableOptions = {}): JobHandle {
  const { name = "sums", recordsPerSecond, ...others } = options;
  const file = ndjsonSource<number>(join(path, "input.ndjson"));
  const job = pipeline(name);
  job
    .source("numbers", recordsPerSecond === undefined ? file : throttle(file, { recordsPerSecond }))
    .map((n): Row => ({ n, sum: n }))
    .keyBy(({ n }) => n % KEYS)
    .reduce("sum", (row, { n }) => ({ n, sum: row.sum + n }))
    .sink("out", ndjsonSink<Row>(join(path, "out")));
  const checkpoint = { interval: "30ms" } as const;
  return run(job, { backend: leveldb(stateOf(path)), parallelism: 2, restart: "none", checkpoint, ...others });
}

/** All rows in the files that can be seen, by number. */
export async function committedRows(path: string): Promise<readonly Row[]> {
  const files = (await readdir(join(path, "out"))).filter((name) => !name.startsWith("."));
  const texts = await Promise.all(files.map((name) => readFile(join(path, "out", name), "utf8")));
  const rows = texts.flatMap((text) => text.split("\n").filter((line) => line !== ""));
  return rows.map((line) => JSON.parse(line) as Row).toSorted((a, b) => a.n - b.n);
}

/** The same by a loop. */
export function expectedRows(): readonly Row[] {
  const sums = new Map<number, number>();
  return Array.from({ length: NUMBERS }, (_, n) => {
    const sum = (sums.get(n % KEYS) ?? 0) + n;
    sums.set(n % KEYS, sum);
    return { n, sum };
  });
}
