import assert from "node:assert/strict";
import { chmod, chown, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";

import { type CommitRequest, isTidemarkError } from "@tidemark/core";

import { type FileCommittable, ndjsonSink, ndjsonSource } from "../../src/file/mod.ts";
import { manualEnv } from "../manual-env.ts";
import { readerOf, readFrom, splitsOf } from "../reading.ts";
import { withDirectory } from "../temp-directory.ts";
import { NOBODY, withoutRights } from "./without-rights.ts";

const PLACE = { env: manualEnv().env, job: "job", sinkId: "out", generation: 1 };
const WAY_OUT = /; give this process the right to it, or choose another place$/;

async function refused(code: string, path: string, run: () => Promise<unknown>): Promise<void> {
  await withoutRights(() =>
    assert.rejects(run(), (error) => {
      assert.ok(isTidemarkError(error));
      assert.equal(error.code, code);
      assert.equal(error.retryable, false);
      assert.equal(error.details["systemCode"], "EACCES");
      assert.match(error.message, WAY_OUT);
      return error.message.includes(JSON.stringify(path));
    }),
  );
}

/** Runs a test with a directory that everybody may enter, and only its owner may write. */
async function withEnterable(run: (path: string) => Promise<void>): Promise<void> {
  await withDirectory(async (path) => {
    await chmod(path, 0o755);
    await run(path);
    await chmod(path, 0o755);
  });
}

async function commit(path: string, requests: readonly CommitRequest<FileCommittable>[]): Promise<unknown> {
  return ndjsonSink<number>(path).createCommitter?.(PLACE).commit(requests);
}

/** Writes a row into a staged file, and names it for commit. */
async function stage(path: string): Promise<readonly CommitRequest<FileCommittable>[]> {
  const writer = ndjsonSink<number>(path).createWriter({ ...PLACE, subtask: 0, parallelism: 1 });
  try {
    writer.write([1], [1]);
    const committables = await writer.prepareCommit(1);
    return committables.map((committable) => ({ checkpointId: 1, subtask: 0, committable }));
  } finally {
    await writer.close();
  }
}

test("ndjsonSink: a directory that may not be made is refused with SINK_IO before anything is read", async () => {
  await withEnterable(async (path) => {
    await chmod(path, 0o555);
    const out = join(path, "out");
    await refused("SINK_IO", out, async () => ndjsonSink<number>(out).createCommitter?.(PLACE).recover([]));
    await refused("SINK_IO", out, () => stage(out));
    assert.deepEqual(await readdir(path), []);
  });
});

test("ndjsonSink: a directory that may not be written is refused with SINK_IO, and left as it is", async () => {
  await withEnterable(async (path) => {
    await mkdir(join(path, ".staged"));
    await writeFile(join(path, ".staged", "notes"), "mine");
    await chmod(join(path, ".staged"), 0o555);
    await chmod(path, 0o555);
    await refused("SINK_IO", path, () => stage(path));
    assert.deepEqual(await readdir(join(path, ".staged")), ["notes"]);
    assert.deepEqual(await readdir(path), [".staged"]);
    await chmod(join(path, ".staged"), 0o755);
  });
});

test("ndjsonSink: what may not be made visible stays staged (SINK_IO), and is committed once it may", async () => {
  await withEnterable(async (path) => {
    const requests = await stage(path);
    const name = requests[0]?.committable.staged ?? "";
    if (process.geteuid?.() === 0) await chown(join(path, ".staged"), NOBODY, NOBODY);
    await chmod(path, 0o555);
    await refused("SINK_IO", path, () => commit(path, requests));
    assert.deepEqual(await readdir(path), [".staged"]);
    assert.deepEqual(await readdir(join(path, ".staged")), [name]);
    await chmod(path, 0o755);
    assert.deepEqual(await commit(path, requests), ["committed"]);
    assert.equal(await readFile(join(path, requests[0]?.committable.final ?? ""), "utf8"), "1\n");
  });
});

test("ndjsonSource: a file that may not be read is refused with SOURCE_IO, when it is found and when it is gone on with", async () => {
  await withEnterable(async (path) => {
    const file = join(path, "input.ndjson");
    await writeFile(file, "1\n2\n");
    const source = ndjsonSource<number>(file);
    const splits = await splitsOf(source);
    await chmod(file, 0);
    await refused("SOURCE_IO", file, () => splitsOf(source));
    await refused("SOURCE_IO", file, () => readFrom(readerOf(source, splits)));
    await chmod(file, 0o644);
    assert.deepEqual((await withoutRights(() => readFrom(readerOf(source, splits)))).values, [1, 2]);
  });
});

test("ndjsonSource: a file in a directory that may not be entered is refused with SOURCE_IO, not taken for missing", async () => {
  await withEnterable(async (path) => {
    const file = join(path, "input.ndjson");
    await writeFile(file, "1\n");
    await chmod(path, 0);
    await refused("SOURCE_IO", file, () => splitsOf(ndjsonSource<number>(file)));
  });
});
