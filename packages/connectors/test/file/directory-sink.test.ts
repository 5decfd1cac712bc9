import assert from "node:assert/strict";
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";

import type { CommitRequest, SinkCommitter, SinkWriter } from "@tidemark/core";

import {
  csvSink,
  type DirectorySink,
  type FileCommittable,
  type FileSystem,
  linesSink,
  ndjsonSink,
  nodeFileSystem,
} from "../../src/file/mod.ts";
import { manualEnv } from "../manual-env.ts";
import { withDirectory } from "../temp-directory.ts";
import { CrashingDisk, systemError } from "./crashing-disk.ts";

interface Place {
  readonly generation?: number;
  readonly sinkId?: string;
}

function writerOf<T>(
  sink: DirectorySink<T>,
  { generation = 1, sinkId = "out" }: Place = {},
): SinkWriter<T, FileCommittable> {
  const { env } = manualEnv();
  return sink.createWriter({ env, job: "job", sinkId, generation, subtask: 0, parallelism: 1 });
}

function committerOf<T>(
  sink: DirectorySink<T>,
  { generation = 1, sinkId = "out" }: Place = {},
): SinkCommitter<FileCommittable> {
  const committer = sink.createCommitter?.({ env: manualEnv().env, job: "job", sinkId, generation });
  assert.ok(committer);
  return committer;
}

const requests = (
  checkpointId: number,
  committables: readonly FileCommittable[],
): readonly CommitRequest<FileCommittable>[] =>
  committables.map((committable) => ({ checkpointId, subtask: 0, committable }));

async function stage(
  sink: DirectorySink<number>,
  place: Place,
  values: readonly number[],
): Promise<readonly CommitRequest<FileCommittable>[]> {
  const writer = writerOf(sink, place);
  writer.write(values, values);
  const cut = await writer.prepareCommit(1);
  await writer.close();
  return requests(1, cut);
}

test("ndjsonSink: a committable that is neither staged nor visible has failed", async () => {
  const disk = new CrashingDisk();
  const sink = ndjsonSink<number>("/out", { fileSystem: disk.fileSystem });
  const staged = await stage(sink, {}, [1, 2]);
  await disk.fileSystem.unlink(`/out/.staged/${staged[0]!.committable.staged}`);
  const [outcome] = await committerOf(sink).commit(staged);
  assert.match((outcome as { failed: string }).failed, /the rows are lost/);
});

test("ndjsonSink: a visible file of the same name and other content is never replaced", async () => {
  const disk = new CrashingDisk();
  const sink = ndjsonSink<number>("/out", { fileSystem: disk.fileSystem });
  const staged = await stage(sink, {}, [1, 2]);
  const foreign = await disk.fileSystem.create(`/out/${staged[0]!.committable.final}`);
  await foreign.write(new TextEncoder().encode("9\n9\n"), 0);
  const [outcome] = await committerOf(sink).commit(staged);
  assert.match((outcome as { failed: string }).failed, /not the file that was staged/);
  assert.equal(disk.files().get(`/out/${staged[0]!.committable.final}`), "9\n9\n");
});

test("ndjsonSink: recover clears away what older starts of the same sink have staged, and nothing else", async () => {
  const disk = new CrashingDisk();
  const sink = ndjsonSink<number>("/out", { fileSystem: disk.fileSystem });
  const named = await stage(sink, { generation: 1 }, [1]);
  await stage(sink, { generation: 2 }, [2]);
  const other = await stage(sink, { generation: 1, sinkId: "other" }, [3]);
  const newer = await stage(sink, { generation: 4 }, [4]);
  await disk.fileSystem.create("/out/.staged/notes.txt");
  await committerOf(sink, { generation: 3 }).recover(named);
  const left = (await disk.fileSystem.readdir("/out/.staged")).toSorted();
  const kept = [...named, ...other, ...newer].map(({ committable }) => committable.staged);
  assert.deepEqual(left, [...kept, "notes.txt"].toSorted());
});

test("ndjsonSink: two sinks in one directory do not meet", async () => {
  const disk = new CrashingDisk();
  const sink = ndjsonSink<number>("/out", { fileSystem: disk.fileSystem });
  for (const sinkId of ["a", "b"]) {
    assert.deepEqual(await committerOf(sink, { sinkId }).commit(await stage(sink, { sinkId }, [1])), ["committed"]);
  }
  assert.equal(disk.files().size, 2);
});

test("ndjsonSink: a directory that a later start has written is refused", async () => {
  const disk = new CrashingDisk();
  const sink = ndjsonSink<number>("/out", { fileSystem: disk.fileSystem });
  await committerOf(sink, { generation: 5 }).commit(await stage(sink, { generation: 5 }, [1]));
  await assert.rejects(committerOf(sink, { generation: 1 }).recover([]), {
    code: "OPTION_INVALID",
    message: /state deleted/,
  });
  await committerOf(sink, { generation: 6 }).recover([]);
});

test("ndjsonSink: a finished single file takes no more rows", async () => {
  const disk = new CrashingDisk();
  const sink = ndjsonSink<number>("/out", { fileSystem: disk.fileSystem, singleFile: "rows.ndjson" });
  const committer = committerOf(sink);
  await committer.commit(await stage(sink, {}, [1]));
  await committer.finish?.();
  const [outcome] = await committerOf(sink, { generation: 2 }).commit(await stage(sink, { generation: 2 }, [2]));
  assert.match((outcome as { failed: string }).failed, /finished before/);
  assert.equal(disk.files().get("/out/rows.ndjson"), "1\n");
});

test("ndjsonSink: the names of the parts sort in the order of the commits", async () => {
  const disk = new CrashingDisk();
  const sink = ndjsonSink<number>("/out", { fileSystem: disk.fileSystem, rollBytes: 10 });
  const writer = writerOf(sink);
  for (let checkpoint = 8; checkpoint < 12; checkpoint++) {
    const values = Array.from({ length: 40 }, (_, index) => checkpoint * 100 + index);
    for (const value of values) writer.write([value], [0]);
    await committerOf(sink).commit(requests(checkpoint, await writer.prepareCommit(checkpoint)));
  }
  const files = [...disk.files()].toSorted(([a], [b]) => (a < b ? -1 : 1));
  assert.ok(files.length > 40);
  const rows = files.flatMap(([, text]) => text.split("\n").slice(0, -1).map(Number));
  assert.deepEqual(
    rows,
    rows.toSorted((a, b) => a - b),
  );
});

test("ndjsonSink: a full disk is a typed error that says what to do, and is told to everyone who waits", async () => {
  const disk = new CrashingDisk();
  const full: FileSystem = {
    ...disk.fileSystem,
    create: async (path) => ({
      ...(await disk.fileSystem.create(path)),
      write: () => Promise.reject(systemError("ENOSPC")),
    }),
  };
  const writer = writerOf(ndjsonSink<number>("/out", { fileSystem: full, bufferBytes: 8 }));
  while (!writer.full) writer.write([1], [0]);
  const expected = { code: "SINK_IO", message: /"\/out".*disk is full.*nothing that was committed is lost/ };
  await assert.rejects(writer.drained(), expected);
  await assert.rejects(writer.prepareCommit(1), expected);
});

test("ndjsonSink: a write that takes only some of the bytes is gone on with", async () => {
  const disk = new CrashingDisk();
  const slow: FileSystem = {
    ...disk.fileSystem,
    create: async (path) => {
      const file = await disk.fileSystem.create(path);
      return { ...file, write: (bytes, position) => file.write(bytes.subarray(0, 3), position) };
    },
  };
  const sink = ndjsonSink<number>("/out", { fileSystem: slow });
  await committerOf(sink).commit(await stage(sink, {}, [100, 200, 300]));
  assert.deepEqual([...disk.files().values()], ["100\n200\n300\n"]);
});

test("ndjsonSink: commit asks to be repeated when the disk may recover, and fails when it will not", async () => {
  const disk = new CrashingDisk();
  const staged = await stage(ndjsonSink<number>("/out", { fileSystem: disk.fileSystem }), {}, [1]);
  for (const code of ["EIO", "EACCES"]) {
    const fileSystem: FileSystem = { ...disk.fileSystem, syncDirectory: () => Promise.reject(systemError(code)) };
    const commit = committerOf(ndjsonSink<number>("/out", { fileSystem })).commit(staged);
    if (code === "EIO") assert.deepEqual(await commit, ["retry"]);
    else await assert.rejects(commit, { code: "SINK_IO" });
  }
  assert.deepEqual(await committerOf(ndjsonSink<number>("/out", { fileSystem: disk.fileSystem })).commit(staged), [
    "already-committed",
  ]);
  const [path] = [...disk.restart("power").files().keys()];
  assert.equal(path, `/out/${staged[0]!.committable.final}`, "what was renamed before the failure is durable after it");
});

test("ndjsonSink: a file in the place of the directory is a typed error", async () => {
  await withDirectory(async (directory) => {
    const path = join(directory, "taken");
    await writeFile(path, "");
    const sink = ndjsonSink<number>(path);
    await assert.rejects(committerOf(sink).recover([]), {
      code: "SINK_IO",
      message: /file stands where|something else is there/,
    });
    await assert.rejects(stage(sink, {}, [1]), { code: "SINK_IO" });
  });
});

test("ndjsonSink: a directory without the right to write is a typed error", async () => {
  const fileSystem: FileSystem = { ...nodeFileSystem, mkdir: () => Promise.reject(systemError("EACCES")) };
  const sink = ndjsonSink<number>("/out", { fileSystem });
  await assert.rejects(stage(sink, {}, [1]), { code: "SINK_IO", message: /give this process the right/ });
});

test("ndjsonSink writes into a directory that exists, beside what is there", async () => {
  await withDirectory(async (directory) => {
    await mkdir(join(directory, "out"));
    await writeFile(join(directory, "out", "theirs.txt"), "theirs");
    const sink = ndjsonSink<number>(join(directory, "out"));
    const committer = committerOf(sink);
    await committer.recover([]);
    await committer.commit(await stage(sink, {}, [1]));
    assert.equal((await readdir(join(directory, "out"))).filter((name) => !name.startsWith(".")).length, 2);
  });
});

test("sinks refuse rows that their format has no form for", () => {
  const unsupported = { code: "VALUE_UNSUPPORTED" };
  const { fileSystem } = new CrashingDisk();
  assert.throws(() => writerOf(ndjsonSink<unknown>("/out", { fileSystem })).write([undefined], [0]), unsupported);
  assert.throws(() => writerOf(ndjsonSink<unknown>("/out", { fileSystem })).write([1n], [0]), unsupported);
  assert.throws(() => writerOf(linesSink("/out", { fileSystem })).write(["a\nb"], [0]), unsupported);
  const csv = csvSink<{ readonly a: unknown }>("/out", { columns: ["a"], fileSystem });
  assert.throws(() => writerOf(csv).write([{ a: {} }], [0]), unsupported);
});

test("sinks refuse options that cannot work", () => {
  for (const singleFile of ["", "a/b", ".hidden", ".."]) {
    assert.throws(() => ndjsonSink("/out", { singleFile }), { code: "OPTION_INVALID" });
  }
  assert.throws(() => ndjsonSink("/out", { rollBytes: 0 }), { code: "OPTION_INVALID" });
  assert.throws(() => csvSink("/out", { columns: [] }), { code: "OPTION_INVALID" });
});

test("ndjsonSink: no row waits longer than bufferTime in memory, and nothing is scheduled where none waits", async () => {
  const disk = new CrashingDisk();
  const { env, pass, waiting } = manualEnv();
  const sink = ndjsonSink<number>("/out", { fileSystem: disk.fileSystem, bufferTime: "250ms" });
  const writer = sink.createWriter({ env, job: "job", sinkId: "out", generation: 1, subtask: 0, parallelism: 1 });
  const onDisk = async (): Promise<string> => {
    // The disk of this test answers within a few microtasks.
    for (let turns = 0; turns < 50; turns++) await Promise.resolve();
    return [...disk.files().values()].join("");
  };
  writer.write([1], [0]);
  pass(200);
  writer.write([2], [0]);
  pass(49);
  assert.equal(await onDisk(), "");
  pass(1);
  assert.equal(await onDisk(), "1\n2\n", "both go when the first one has waited long enough");
  assert.equal(waiting(), 0);
  writer.write([3], [0]);
  const cut = await writer.prepareCommit(1);
  assert.equal(waiting(), 0, "a cut hands everything over");
  assert.equal(cut.length, 1);
  await committerOf(sink).commit(requests(1, cut));
  assert.equal(await onDisk(), "1\n2\n3\n");
  writer.write([4], [0]);
  await writer.close();
  assert.equal(waiting(), 0, "who is closed waits for nothing");
  assert.throws(() => ndjsonSink<number>("/out", { bufferTime: "-1s" }), { code: "OPTION_INVALID" });
});
