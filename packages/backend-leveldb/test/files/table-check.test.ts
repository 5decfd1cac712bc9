import assert from "node:assert/strict";
import { test } from "node:test";
import { Level } from "level";
import { MemoryLevel } from "memory-level";
import type { Directory } from "../../src/directory.ts";
import { inspectFiles } from "../../src/files/inspect.ts";
import { keepTables } from "../../src/files/keep-tables.ts";
import type { TableCheck } from "../../src/files/table-check.ts";
import { BlockList, readFooter } from "../../src/files/table.ts";
import { HeadWitness } from "../../src/head-witness.ts";
import { LevelRows, type RowRange } from "../../src/level-rows.ts";
import { filesAfter } from "../fixtures.ts";
import { deeper, memoryDirectory } from "./level-files.ts";

const KEYS = 30_000;
const FOOTER_BYTES = 48;

const keyOf = (index: number): Uint8Array => Uint8Array.of(0x64, index >>> 16, index >>> 8, index);
const spanOf = (index: number): { first: Uint8Array; last: Uint8Array } => ({
  first: keyOf(index),
  last: keyOf(index),
});

type Files = Map<string, Uint8Array>;

/** The files of a database with several tables in two levels. */
function levelFiles(): Promise<Files> {
  return filesAfter(async (path) => {
    const database = new Level<Uint8Array, Uint8Array>(path, { keyEncoding: "view", valueEncoding: "view" });
    for (const [round, step] of [
      [1, 1],
      [2, 7],
    ] as const) {
      for (let start = 0; start < KEYS; start += 1_000 * step) {
        const indexes = Array.from({ length: 1_000 }, (_, index) => start + index * step).filter((each) => each < KEYS);
        const rows = indexes.map((index) => ({
          type: "put" as const,
          key: keyOf(index),
          value: valueOf(index, round),
        }));
        await database.batch(rows);
      }
      // Opening makes a table of what is in the log.
      await database.close();
      await database.open();
    }
    await database.close();
  });
}

/** Bytes in which a compressor finds nothing. */
function valueOf(index: number, round: number): Uint8Array {
  let state = index * 31 + round;
  return Uint8Array.from({ length: 150 }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state >>> 24;
  });
}

async function keep(files: Files, directory: Directory = memoryDirectory(files)): Promise<TableCheck> {
  const inspection = { directory, name: "the database", witness: new HeadWitness(directory, "the database") };
  return keepTables(inspection, deeper(await inspectFiles(inspection)));
}

const tablesOf = (files: Files): readonly string[] => [...files.keys()].filter((name) => name.endsWith(".ldb"));

/** Flips a bit in the middle of a block of rows. */
function damage(files: Files, table: string, block: (list: BlockList) => number): Files {
  const bytes = (files.get(table) as Uint8Array).slice();
  const { rows } = readFooter(bytes.subarray(-FOOTER_BYTES));
  const list = new BlockList(bytes.subarray(rows.offset, rows.end), rows.offset);
  const { offset, end } = list.place(block(list));
  const at = (offset + end) >>> 1;
  bytes[at] = (bytes[at] as number) ^ 0x04;
  return new Map([...files, [table, bytes]]);
}

test("TableCheck: reads of sound blocks pass, at once and later, and all of them in the end", async () => {
  const files = await levelFiles();
  assert.ok(tablesOf(files).length > 2, tablesOf(files).join());
  const check = await keep(files);
  for (const index of [0, 1, 7, 12_345, KEYS - 1, KEYS + 9]) {
    check.checkSync(keyOf(index));
    await check.check([spanOf(index)]);
  }
  assert.equal(check.isFinished, false);
  assert.equal([...files.keys()].filter((name) => name.endsWith(".unchecked")).length, tablesOf(files).length);
  check.start();
  await check.finished();
  assert.equal(check.isFinished, true);
  assert.ok(![...files.keys()].some((name) => name.endsWith(".unchecked")));
});

test("TableCheck: reads at once open no table twice, and in the end none is open", async () => {
  const files = await levelFiles();
  let open = 0;
  let opened = 0;
  const directory = memoryDirectory(files);
  const counting = {
    ...directory,
    openFile: (name: string) => {
      const file = directory.openFile(name);
      open++;
      opened++;
      return { ...file, close: () => void open-- };
    },
  };
  const stopped = await keep(files, counting);
  opened = 0;
  for (let index = 0; index < KEYS; index += 100) stopped.checkSync(keyOf(index));
  assert.ok(opened <= tablesOf(files).length, `${opened} openings of ${tablesOf(files).length} tables`);
  assert.ok(open > 0);
  await stopped.stop();
  assert.equal(open, 0);
  const check = await keep(files, counting);
  check.checkSync(keyOf(0));
  check.start();
  await check.finished();
  assert.equal(open, 0);
});

test("TableCheck: a read that meets a damaged block is refused, others are not, and the background finds it too", async () => {
  const sound = await levelFiles();
  for (const table of tablesOf(sound)) {
    const files = damage(sound, table, (list) => list.length >> 1);
    const refused = {
      code: "STATE_CORRUPT",
      message: new RegExp(`its file ${table} is damaged: the checksum of the block`),
    };
    let met = 0;
    for (let index = 0; index < KEYS; index += 250) {
      const check = await keep(new Map(files));
      try {
        check.checkSync(keyOf(index));
      } catch (error) {
        met++;
        assert.equal((error as { code?: string }).code, "STATE_CORRUPT");
        await assert.rejects(check.check([spanOf(index)]), refused);
        assert.throws(() => check.assertSound(), refused);
      }
    }
    assert.ok(met <= 2, `${met} keys met the damaged block of ${table}`);
    await assert.rejects((await keep(new Map(files))).check([{ first: keyOf(0), last: keyOf(KEYS) }]), refused);
    const check = await keep(files);
    check.start();
    await assert.rejects(check.finished(), refused);
    assert.ok(files.has(table.replace("ldb", "unchecked")), "the damaged table has lost its second name");
  }
});

test("TableCheck: what an older process did not finish is looked through before anything else", async () => {
  const sound = await levelFiles();
  const [table] = tablesOf(sound) as [string];
  const files = damage(sound, table, () => 0);
  await keep(files);
  // Compacted meanwhile: the table is gone, and its damage is under new checksums elsewhere.
  const left = new Map([...sound, [table.replace("ldb", "unchecked"), files.get(table) as Uint8Array]]);
  await assert.rejects(keep(left), { code: "STATE_CORRUPT", message: new RegExp(`${table} is damaged`) });
  const again = await keep(new Map([...sound, [table.replace("ldb", "unchecked"), sound.get(table) as Uint8Array]]));
  again.start();
  await again.finished();
});

test("TableCheck: a damaged footer, filter or list of blocks is refused before LevelDB is asked for anything in that table", async () => {
  const sound = await levelFiles();
  for (const table of tablesOf(sound)) {
    const bytes = sound.get(table) as Uint8Array;
    const { rows, filters } = readFooter(bytes.subarray(-FOOTER_BYTES));
    for (const at of [bytes.length - 1, rows.offset + 5, filters.offset + 2, filters.offset - 20]) {
      const damaged = bytes.map((byte, index) => (index === at ? byte ^ 1 : byte));
      const files = new Map([...sound, [table, damaged]]);
      const refused = { code: "STATE_CORRUPT", message: new RegExp(`its file ${table} is damaged`) };
      const all = { first: keyOf(0), last: keyOf(KEYS) };
      await assert.rejects((await keep(new Map(files))).check([all]), refused);
      await assert.rejects((await keep(new Map(files))).checkFrames(all), refused);
      const checks = await keep(new Map(files));
      const met = Array.from({ length: KEYS / 50 }, (_, index) => index * 50).find((index) => {
        try {
          checks.checkSync(keyOf(index));
          return false;
        } catch (error) {
          assert.equal((error as { code?: string }).code, "STATE_CORRUPT");
          return true;
        }
      });
      assert.ok(met !== undefined, "no key has met it");
      await assertNothingRead(files, { from: keyOf(met), after: false, to: keyOf(met + 1) });
      const check = await keep(new Map(files));
      check.start();
      await assert.rejects(check.finished(), refused);
    }
  }
});

/** Rows over damaged tables do not even begin to walk through a range. */
async function assertNothingRead(files: Files, range: RowRange): Promise<void> {
  const database = new MemoryLevel<Uint8Array, Uint8Array>({ keyEncoding: "view", valueEncoding: "view" });
  await database.open();
  let iterators = 0;
  const noting = new Proxy(database, {
    get: (target, name) => {
      if (name === "iterator") iterators++;
      const member: unknown = Reflect.get(target, name, target);
      return typeof member === "function" ? member.bind(target) : member;
    },
  });
  const order = { isKept: true, syncOlder: async () => undefined } as const;
  const rows = new LevelRows({ database: noting, name: "rows", order, tables: await keep(new Map(files)) });
  await assert.rejects(rows.page(range), { code: "STATE_CORRUPT" });
  assert.equal(iterators, 0);
  await database.close();
}

test("keepTables: damage in a table that LevelDB may write anew as soon as it is open is found before", async () => {
  const sound = await levelFiles();
  for (const table of tablesOf(sound)) {
    const directory = memoryDirectory(damage(sound, table, (list) => list.length >> 1));
    const inspection = { directory, name: "the database", witness: new HeadWitness(directory, "the database") };
    const findings = await inspectFiles(inspection);
    const at = (level: number): Promise<TableCheck> => {
      const tables = [...findings.tables].map(([each, place]) => [each, { ...place, level }] as const);
      return keepTables(inspection, { tables: new Map(tables) });
    };
    // LevelDB died of it in a compaction that began with the opening.
    for (const level of [0, 1]) await assert.rejects(at(level), { code: "STATE_CORRUPT" });
    assert.equal((await at(2)).isFinished, false);
  }
});

test("TableCheck: without second names every table is checked before the database is opened", async () => {
  const sound = await levelFiles();
  const [table] = tablesOf(sound) as [string];
  const open = (files: Files): Promise<TableCheck> => {
    const directory = { ...memoryDirectory(files), link: () => Promise.reject(new Error("no links here")) };
    const inspection = { directory, name: "the database", witness: new HeadWitness(directory, "the database") };
    return inspectFiles(inspection).then((findings) => keepTables(inspection, deeper(findings)));
  };
  assert.equal((await open(sound)).isFinished, true);
  await assert.rejects(open(damage(sound, table, () => 0)), { code: "STATE_CORRUPT" });
});
