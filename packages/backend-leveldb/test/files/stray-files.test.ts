import assert from "node:assert/strict";
import { test } from "node:test";
import { Level } from "level";
import type { Directory } from "../../src/directory.ts";
import { inspectFiles } from "../../src/files/inspect.ts";
import { keepTables } from "../../src/files/keep-tables.ts";
import { type LeftFiles, leftFiles } from "../../src/files/stray-files.ts";
import type { TableCheck } from "../../src/files/table-check.ts";
import { HeadWitness } from "../../src/head-witness.ts";
import { filesAfter } from "../fixtures.ts";
import { deeper, memoryDirectory } from "./level-files.ts";

type Files = Map<string, Uint8Array>;

/** The files of a database with two tables. */
function levelFiles(): Promise<Files> {
  return filesAfter(async (path) => {
    const database = new Level(path);
    for (const value of ["first", "second"]) {
      await database.put("key", value);
      // Opening makes a table of what is in the log.
      await database.close();
      await database.open();
    }
    await database.close();
  });
}

async function keep(directory: Directory): Promise<TableCheck> {
  const inspection = { directory, name: "the database", witness: new HeadWitness(directory, "the database") };
  return keepTables(inspection, deeper(await inspectFiles(inspection)));
}

const secondNames = (files: Files): readonly string[] =>
  [...files.keys()].filter((name) => name.endsWith(".unchecked"));

/** Checks all tables, and looks what is left while each of them is about to lose its second name. */
async function checkedAndLookedAt(files: Files): Promise<readonly LeftFiles[]> {
  const directory = memoryDirectory(files);
  const seen: LeftFiles[] = [];
  const tables = await keep({
    ...directory,
    remove: async (name) => {
      seen.push(await leftFiles({ directory, tables }));
      await directory.remove(name);
    },
  });
  tables.start();
  await tables.finished();
  return seen;
}

test("leftFiles: the second name of a table that was checked is pending until it was removed, the last one too", async () => {
  const files = await levelFiles();
  const seen = await checkedAndLookedAt(files);
  assert.deepEqual(
    seen.map(({ orphaned, pending }) => [orphaned, pending.length]),
    [
      [[], 2],
      [[], 1],
    ],
  );
  assert.deepEqual(secondNames(files), []);
});

test("leftFiles: a second name that an older process left is pending until it was removed, its table there or not", async () => {
  const files = await levelFiles();
  const [table = ""] = [...files.keys()].filter((name) => name.endsWith(".ldb"));
  files.set(table.replace("ldb", "unchecked"), files.get(table) as Uint8Array);
  files.set("000001.unchecked", files.get(table) as Uint8Array);
  const seen = await checkedAndLookedAt(files);
  assert.deepEqual(
    seen.map(({ orphaned, pending }) => [orphaned, pending.length]),
    [
      [[], 3],
      [[], 2],
      [[], 1],
    ],
  );
  assert.deepEqual(secondNames(files), []);
});

test("leftFiles: a second name that goes while the directory is read is no orphan", async () => {
  const files = await levelFiles();
  const directory = memoryDirectory(files);
  const tables = await keep(directory);
  const list = async (): Promise<readonly string[]> => {
    const names = await directory.list();
    tables.start();
    await tables.finished();
    return names;
  };
  const expected = { orphaned: [], pending: secondNames(files) };
  assert.equal(expected.pending.length, 2);
  assert.deepEqual(await leftFiles({ directory: { ...directory, list }, tables }), expected);
});

test("leftFiles: a second name that could not be removed is an orphan, and so is half of a witness", async () => {
  const files = await levelFiles();
  const directory = memoryDirectory(files);
  const tables = await keep({ ...directory, remove: () => Promise.reject(new Error("no rights")) });
  files.set("head.witness.next", Uint8Array.of(1));
  const names = secondNames(files);
  assert.deepEqual(await leftFiles({ directory, tables }), { orphaned: ["head.witness.next"], pending: names });
  tables.start();
  await tables.finished();
  assert.deepEqual(await leftFiles({ directory, tables }), { orphaned: [...names, "head.witness.next"], pending: [] });
});
