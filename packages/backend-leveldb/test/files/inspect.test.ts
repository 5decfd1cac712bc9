import assert from "node:assert/strict";
import { test } from "node:test";
import { inspectFiles } from "../../src/files/inspect.ts";
import { keepTables } from "../../src/files/keep-tables.ts";
import { HeadWitness } from "../../src/head-witness.ts";
import { batchOf, editOf, logOf, memoryDirectory } from "./level-files.ts";

/** Batches of two changes each, numbered on from 101, with room for three in a block of the log. */
const BATCHES = Array.from({ length: 12 }, (_, index) => batchOf(101 + 2 * index, 2, 10_000));

const NOTHING = new Uint8Array(0);

type FileList = Readonly<Record<string, Uint8Array>>;

const soundFiles = (): FileList => ({
  CURRENT: new TextEncoder().encode("MANIFEST-000004\n"),
  "MANIFEST-000004": logOf([editOf({ log: 5 }), editOf({ sequence: 100 })]),
  "000005.log": logOf(BATCHES.slice(0, 6)),
  "000007.log": logOf(BATCHES.slice(6)),
});

async function inspect(files: FileList): Promise<void> {
  const directory = memoryDirectory(new Map(Object.entries(files)));
  const inspection = { directory, name: "the database", witness: new HeadWitness(directory, "the database") };
  const findings = await inspectFiles(inspection);
  assert.deepEqual(findings.cuts, []);
  await keepTables(inspection, findings);
}

function flipped(bytes: Uint8Array, at: number): Uint8Array {
  return bytes.map((byte, index) => (index === at ? byte ^ 0x10 : byte));
}

async function refused(files: FileList, message: RegExp): Promise<void> {
  await assert.rejects(inspect(files), { code: "STATE_CORRUPT", message });
}

test("inspectFiles: an empty directory, a database, and one that was only just made are sound", async () => {
  await inspect({});
  await inspect({ LOCK: NOTHING, "MANIFEST-000001": NOTHING });
  await inspect(soundFiles());
  const made = { CURRENT: new TextEncoder().encode("MANIFEST-000001\n") };
  await inspect({ ...made, "MANIFEST-000001": logOf([editOf({ log: 0, sequence: 0 })]) });
});

test("inspectFiles: the end of the newest log may be cut short or damaged, as by a crash", async () => {
  const log = soundFiles()["000007.log"] as Uint8Array;
  for (const at of [0, 1, 6, 7, 9_000, 33_000, log.length - 1]) {
    await inspect({ ...soundFiles(), "000007.log": log.slice(0, at) });
  }
  await inspect({ ...soundFiles(), "000007.log": flipped(log, log.length - 1) });
  const zeros = new Uint8Array(40_000);
  await inspect({ ...soundFiles(), "000007.log": new Uint8Array([...log, ...zeros]) });
});

test("inspectFiles: a log that goes on behind damage is refused", async () => {
  const log = soundFiles()["000007.log"] as Uint8Array;
  for (const at of [0, 4, 5, 6, 7, 20_000, 32_760]) {
    await refused(
      { ...soundFiles(), "000007.log": flipped(log, at) },
      /000007\.log is damaged: .*goes on behind the damage/,
    );
  }
});

test("inspectFiles: an older log that lost its end is refused, wherever it was cut", async () => {
  const log = soundFiles()["000005.log"] as Uint8Array;
  for (const batches of [1, 2, 3, 4, 5]) {
    const files = { ...soundFiles(), "000005.log": logOf(BATCHES.slice(0, batches)) };
    await refused(
      files,
      new RegExp(`000007\\.log is damaged: it lacks the changes from ${101 + 2 * batches} up to 113`),
    );
  }
  await refused({ ...soundFiles(), "000005.log": log.slice(0, -1) }, /lacks the changes from 111 up to 113/);
  await refused({ ...soundFiles(), "000005.log": NOTHING }, /lacks the changes from 101 up to 113/);
});

test("inspectFiles: a log that does not follow on the tables is refused", async () => {
  const manifest = logOf([editOf({ log: 5, sequence: 99 })]);
  await refused({ ...soundFiles(), "MANIFEST-000004": manifest }, /000005\.log .*lacks the changes from 100 up to 101/);
  const { "000005.log": _, ...others } = soundFiles();
  await refused(others, /000005\.log is missing/);
});

test("inspectFiles: a log that is older than those that count is not read", async () => {
  await inspect({ ...soundFiles(), "000003.log": flipped(logOf(BATCHES), 9) });
});

test("inspectFiles: what CURRENT and MANIFEST must say", async () => {
  const { CURRENT: _, ...others } = soundFiles();
  await refused(others, /CURRENT is missing/);
  for (const current of ["", "MANIFEST-000004", "MANIFEST-000005\n", "LOCK\n\n"]) {
    await refused({ ...soundFiles(), CURRENT: new TextEncoder().encode(current) }, /CURRENT says/);
  }
  await refused({ ...soundFiles(), "MANIFEST-000004": NOTHING }, /MANIFEST-000004 is damaged: it ends too early/);
});

test("inspectFiles: a table that is missing, or is none, is refused", async () => {
  const manifest = logOf([editOf({ log: 5, sequence: 100 }), editOf({ table: 3 })]);
  const files = { ...soundFiles(), "MANIFEST-000004": manifest };
  await refused(files, /000003\.ldb is missing/);
  for (const bytes of [NOTHING, new Uint8Array(100)]) {
    await refused({ ...files, "000003.ldb": bytes }, /000003\.ldb is damaged: it does not end as a table does/);
  }
});
