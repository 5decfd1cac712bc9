import assert from "node:assert/strict";
import { test } from "node:test";
import type { Directory } from "../../src/directory.ts";
import { inspectFiles } from "../../src/files/inspect.ts";
import type { LogCut } from "../../src/files/log-tail.ts";
import { HeadWitness } from "../../src/head-witness.ts";
import { batchOf, editOf, logOf, memoryDirectory } from "./level-files.ts";

/** Batches of two changes each, numbered on from 101, with room for three in a block of the log. */
const BATCHES = Array.from({ length: 18 }, (_, index) => batchOf(101 + 2 * index, 2, 10_000));

const LOGS: Readonly<Record<string, Uint8Array>> = {
  "000005.log": logOf(BATCHES.slice(0, 6)),
  "000007.log": logOf(BATCHES.slice(6, 12)),
  "000008.log": logOf(BATCHES.slice(12)),
};

/** What must be cut off if a head was witnessed when the log 5 held two batches. */
async function cutsOf(logs: Readonly<Record<string, Uint8Array>>, sequence: number = 100): Promise<readonly LogCut[]> {
  const files = new Map<string, Uint8Array>([
    ["CURRENT", new TextEncoder().encode("MANIFEST-000004\n")],
    ["MANIFEST-000004", logOf([editOf({ log: 5 }), editOf({ sequence })])],
    ["000005.log", logOf(BATCHES.slice(0, 2))],
  ]);
  const directory = memoryDirectory(files);
  const witness = new HeadWitness(directory, "the database");
  await witness.write(3);
  for (const [file, bytes] of Object.entries({ ...LOGS, ...logs })) files.set(file, bytes);
  return (await inspectFiles({ directory, name: "the database", witness })).cuts;
}

function flipped(bytes: Uint8Array, at: number): Uint8Array {
  return bytes.map((byte, index) => (index === at ? byte ^ 0x10 : byte));
}

const logWith = (batches: number): Uint8Array => logOf(BATCHES.slice(0, batches));

test("readLogs: whole logs, and an end that is missing with nothing behind it, need no cut", async () => {
  assert.deepEqual(await cutsOf({}), []);
  const last = LOGS["000008.log"] as Uint8Array;
  for (const at of [0, 1, 9_000, last.length - 1]) {
    assert.deepEqual(await cutsOf({ "000008.log": last.slice(0, at) }), []);
  }
});

test("readLogs: a log that lost its end to a power failure takes those behind it along", async () => {
  const behind = [
    { file: "000007.log", bytes: 0 },
    { file: "000008.log", bytes: 0 },
  ];
  for (const batches of [2, 3, 4, 5]) assert.deepEqual(await cutsOf({ "000005.log": logWith(batches) }), behind);
  assert.deepEqual(await cutsOf({ "000007.log": new Uint8Array(0) }), [{ file: "000008.log", bytes: 0 }]);
});

test("readLogs: a log with a hole in it is cut there, and those behind it are emptied", async () => {
  const log = LOGS["000005.log"] as Uint8Array;
  assert.deepEqual(await cutsOf({ "000005.log": flipped(log, logWith(3).length + 20) }), [
    { file: "000005.log", bytes: logWith(3).length },
    { file: "000007.log", bytes: 0 },
    { file: "000008.log", bytes: 0 },
  ]);
});

test("readLogs: what was witnessed is never cut off", async () => {
  const log = LOGS["000005.log"] as Uint8Array;
  for (const at of [0, 7, 9_000, logWith(2).length - 1]) {
    await assert.rejects(cutsOf({ "000005.log": flipped(log, at) }), { code: "STATE_CORRUPT", message: /000005\.log/ });
  }
  for (const batches of [0, 1]) {
    await assert.rejects(cutsOf({ "000005.log": logWith(batches) }), {
      code: "STATE_CORRUPT",
      message: /lacks the changes/,
    });
  }
});

test("readLogs: an empty log before another one is a gap, even where the numbers would fit", async () => {
  const files = { "000005.log": new Uint8Array(0) };
  // The MANIFEST was written when the newest change was 112, the last one of the log that is lost.
  await assert.rejects(cutsOf(files, 112), { code: "STATE_CORRUPT", message: /000007\.log .*lacks the changes/ });
});

test("readLogs: takes a log in slices, so that it is not checked in one turn of the event loop", async () => {
  const log = logOf(Array.from({ length: 40 }, (_, index) => batchOf(101 + 2 * index, 2, 20_000)));
  const files = new Map<string, Uint8Array>([
    ["CURRENT", new TextEncoder().encode("MANIFEST-000004\n")],
    ["MANIFEST-000004", logOf([editOf({ log: 5 }), editOf({ sequence: 100 })])],
    ["000005.log", log],
  ]);
  const inMemory = memoryDirectory(files);
  const slices: number[] = [];
  const take = (bytes: Uint8Array): Uint8Array => {
    slices.push(bytes.length);
    return bytes;
  };
  const directory: Directory = {
    ...inMemory,
    read: (name) => inMemory.read(name).then(take),
    openFile: (name) => {
      const file = inMemory.openFile(name);
      return { ...file, read: (at, bytes) => file.read(at, bytes).then(take) };
    },
  };
  const witness = new HeadWitness(directory, "the database");
  assert.deepEqual((await inspectFiles({ directory, name: "the database", witness })).cuts, []);
  assert.ok(slices.length > 6 && Math.max(...slices) <= 128 * 1024, `slices of ${slices.join(", ")} bytes`);
  assert.ok(slices.reduce((sum, bytes) => sum + bytes, 0) >= log.length);
});
