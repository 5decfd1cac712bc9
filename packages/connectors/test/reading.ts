import assert from "node:assert/strict";

import type { AnySource, Env, RejectedRecord, SourceReader } from "@tidemark/core";

import { manualEnv } from "./manual-env.ts";

/** A split, seen from outside. */
// oxlint-disable-next-line typescript/no-explicit-any -- what is in a split is the source's own business
type AnySplit = any;

/** What was read of a source. */
export interface Reading<T> {
  readonly values: T[];
  readonly timestamps: number[];
  readonly rejected: RejectedRecord[];
}

/** The splits of a source at its first start. */
export async function splitsOf(source: AnySource<unknown>): Promise<AnySplit[]> {
  const { env } = manualEnv();
  const splits: AnySplit[] = [];
  let over = false;
  const enumerator = source.createEnumerator(
    {
      env,
      sourceId: "source",
      parallelism: 1,
      assign: (_, split) => splits.push(split),
      noMoreSplits: () => {
        over = true;
      },
    },
    undefined,
  );
  await enumerator.start();
  while (!over) enumerator.handleSplitRequest(0);
  return splits;
}

/** A reader that was given splits. */
export function readerOf<T>(
  source: AnySource<T>,
  splits: readonly AnySplit[],
  env: Env = manualEnv().env,
): SourceReader<T, AnySplit> {
  const reader = source.createReader({ env, sourceId: "source", subtask: 0, parallelism: 1 });
  reader.addSplits(splits);
  return reader;
}

/** Reads until the end, or until so many records, rejected ones too, were read. */
export async function readFrom<T>(
  reader: SourceReader<T, AnySplit>,
  count: number = Infinity,
  limit: number = 7,
): Promise<Reading<T>> {
  const read: Reading<T> = { values: [], timestamps: [], rejected: [] };
  while (read.values.length + read.rejected.length < count) {
    const result = reader.poll(Math.min(limit, count - read.values.length - read.rejected.length));
    if (result === "finished") break;
    if (typeof result === "string") {
      await reader.available();
      continue;
    }
    assert.ok(result.values.length + (result.rejected?.length ?? 0) <= limit);
    read.values.push(...result.values);
    read.timestamps.push(...(result.timestamps ?? []));
    read.rejected.push(...(result.rejected ?? []));
  }
  return read;
}

/** Reads a source from its beginning to its end. */
export async function readAll<T>(source: AnySource<T>, limit?: number): Promise<Reading<T>> {
  const reader = readerOf(source, await splitsOf(source));
  const read = await readFrom(reader, Infinity, limit);
  await reader.close();
  return read;
}
