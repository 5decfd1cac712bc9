/** A job that is taken back behind rows which it has committed. */
import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";

import { memory } from "@tidemark/backend-memory";
import { type Pipeline, pipeline, run } from "@tidemark/core";
import { claim, memorySavepoint, openCheckpoint, rewrite } from "@tidemark/core/savepoints";

import { ndjsonSink } from "../../src/file/mod.ts";
import { fromArray } from "../../src/iterable/mod.ts";
import { withDirectory } from "../temp-directory.ts";

function copyTo(directory: string): Pipeline {
  const job = pipeline("copy");
  job.source("numbers", fromArray([1, 2, 3, 4, 5, 6])).sink("out", ndjsonSink(directory));
  return job;
}

async function rowsIn(directory: string): Promise<readonly number[]> {
  const rows: number[] = [];
  for (const name of (await readdir(directory)).filter((each) => each.endsWith(".ndjson"))) {
    for (const line of (await readFile(join(directory, name), "utf8")).trim().split("\n")) rows.push(Number(line));
  }
  return rows.toSorted((a, b) => a - b);
}

test("ndjsonSink: a job that goes back behind committed rows is refused, and writes to another directory (SNK-04)", async () => {
  await withDirectory(async (root) => {
    const [out, elsewhere] = [join(root, "out"), join(root, "elsewhere")];
    const backend = memory();
    const options = { backend, durable: false, checkpoint: { interval: "none" }, restart: "none" } as const;
    await run(copyTo(out), { ...options, until: { records: 2 } }).finished;
    const early = memorySavepoint();
    const checkpoint = await openCheckpoint(backend, { job: "copy" });
    await rewrite(checkpoint, early, {});
    await checkpoint.close();
    await run(copyTo(out), options).finished;
    assert.deepEqual(await rowsIn(out), [1, 2, 3, 4, 5, 6]);

    const back = { ...options, backend: memory(), from: claim(early) };
    await assert.rejects(run(copyTo(out), back).finished, {
      code: "OPTION_INVALID",
      message: /^Cannot write into .*: it holds .*, of checkpoint \d+, and the job goes on from checkpoint 1: .* twice/,
    });
    assert.deepEqual(await rowsIn(out), [1, 2, 3, 4, 5, 6]);

    // Dropped, since what it had still to commit is staged in the first directory.
    const apart = { ...back, backend: memory(), from: claim(early) };
    const moved = pipeline("copy");
    moved.source("numbers", fromArray([1, 2, 3, 4, 5, 6])).sink("elsewhere", ndjsonSink(elsewhere));
    await run(moved, { ...apart, allowUnmapped: ["out"] }).finished;
    assert.deepEqual(await rowsIn(elsewhere), [3, 4, 5, 6]);
  });
});
