/** Images of what rows were: when they are made, what they bring back, and when they go. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { leveldb } from "@tidemark/backend-leveldb";
import type { StoreScope } from "@tidemark/core/internal";
import { MemoryLevel } from "memory-level";

import { LevelRows, type RowChange } from "../src/level-rows.ts";
import { dropImages, type InTurn, undoAbove } from "../src/rollback.ts";
import { dataKey, undoEpoch } from "../src/row-keys.ts";
import { UndoWriter } from "../src/undo-writer.ts";
import { openOne } from "./one-job.ts";

const ALL: StoreScope = { keyGroups: { first: 0, last: 3 }, prefixes: undefined };
const inTurn: InTurn = (slice) => slice();
const keyIn = (group: number, ...rest: readonly number[]): Uint8Array => Uint8Array.of(0, group, ...rest);

/** Rows that note how large each batch was. */
class NotingRows extends LevelRows {
  readonly batches: number[] = [];

  override commit(changes: readonly RowChange[]): Promise<void> {
    this.batches.push(changes.reduce((sum, { payload }) => sum + (payload?.length ?? 0), 0));
    return super.commit(changes);
  }
}

async function openRows() {
  const database = new MemoryLevel<Uint8Array, Uint8Array>({ keyEncoding: "view", valueEncoding: "view" });
  await database.open();
  const rows = new NotingRows({ database, name: "rows", order: { isKept: true, syncOlder: async () => undefined } });
  const writerFrom = (foreignEpoch: number, scope = ALL): UndoWriter =>
    new UndoWriter({ rows, scope, foreignEpoch, beginsEmpty: foreignEpoch === 0, assertCurrent: () => undefined });
  const put = (writer: UndoWriter, epoch: number, key: Uint8Array, ...value: readonly number[]): Promise<void> =>
    writer.apply(epoch, [{ key, value: Uint8Array.from(value) }], () => undefined);
  const valueOf = async (key: Uint8Array): Promise<readonly number[] | undefined> => {
    const found = await rows.get(dataKey(key));
    return found && [...found];
  };
  return { rows, writerFrom, put, valueOf };
}

async function imagesOf(rows: LevelRows): Promise<readonly number[]> {
  const { keys } = await rows.keys({ from: Uint8Array.of(0x75), to: Uint8Array.of(0x76) });
  return keys.map(undoEpoch);
}

test("UndoWriter: keeps the image that another store has made of a key in the same epoch", async () => {
  const { rows, writerFrom, put, valueOf } = await openRows();
  const key = keyIn(1, 1);
  await put(writerFrom(0), 2, key, 10);
  const second = writerFrom(3);
  await put(second, 3, key, 20);
  await put(writerFrom(3), 3, key, 30);
  await undoAbove(rows, 2, inTurn);
  assert.deepEqual(await valueOf(key), [10]);
  await undoAbove(rows, 1, inTurn);
  assert.equal(await valueOf(key), undefined);
  await rows.close();
});

test("UndoWriter.deleteRange: deletes no row of a store beside it", async () => {
  const { rows, writerFrom, put, valueOf } = await openRows();
  // It may not say of any key that nobody has written it.
  const writer = writerFrom(1, { keyGroups: ALL.keyGroups, prefixes: [Uint8Array.of(1)] });
  const own = keyIn(1, 1, 5);
  const other = keyIn(1, 2, 5);
  await put(writer, 1, own, 10);
  await put(writerFrom(0), 1, other, 20);
  await writer.deleteRange(2, keyIn(1), keyIn(2), () => undefined);
  assert.equal(await valueOf(own), undefined);
  assert.deepEqual(await valueOf(other), [20]);
  await rows.close();
});

test("UndoWriter.apply: ends a batch where images of small changes are large", async () => {
  const { rows, writerFrom } = await openRows();
  const large = 300 * 1024;
  const changes = (sizeBytes: number) =>
    Array.from({ length: 12 }, (_, index) => ({ key: keyIn(1, index), value: new Uint8Array(sizeBytes) }));
  const writer = writerFrom(0);
  await writer.apply(1, changes(large), () => undefined);
  rows.batches.length = 0;
  await writer.apply(2, changes(1), () => undefined);
  assert.ok(Math.max(...rows.batches) < 512 * 1024 + 2 * large, `a batch of ${Math.max(...rows.batches)} bytes`);
  await rows.close();
});

test("undoAbove: brings back rows of every key group of a scope, of no other, and no image is left of them", async () => {
  const { rows, writerFrom, put, valueOf } = await openRows();
  const writer = writerFrom(0);
  const groups = [0, 1, 2, 3];
  for (const group of groups) await put(writer, 1, keyIn(group, 1), 10);
  for (const epoch of [2, 3]) for (const group of groups) await put(writer, epoch, keyIn(group, 1), epoch * 10);
  await undoAbove(rows, 1, inTurn, { keyGroups: { first: 1, last: 2 }, prefixes: undefined });
  const values = await Promise.all(groups.map((group) => valueOf(keyIn(group, 1))));
  assert.deepEqual(values, [[30], [10], [10], [30]]);
  assert.deepEqual(await imagesOf(rows), [1, 1, 1, 1, 2, 2, 3, 3]);
  await undoAbove(rows, 1, inTurn);
  assert.deepEqual(await imagesOf(rows), [1, 1, 1, 1]);
  await rows.close();
});

test("dropImages: takes those of the epochs that it is told, and no others", async () => {
  const { rows, writerFrom, put } = await openRows();
  const writer = writerFrom(0);
  for (const epoch of [1, 2, 3, 4]) await put(writer, epoch, keyIn(1, 1), epoch);
  await dropImages(rows, { above: 1, upTo: 3 }, inTurn);
  assert.deepEqual(await imagesOf(rows), [1, 4]);
  await rows.close();
});

test("leveldb: what was rolled back is not held any more, whatever comes after", async () => {
  const database = new MemoryLevel();
  const backend = leveldb("suite", { database: () => database });
  const first = await openOne(backend, 0);
  const handles: Uint8Array[] = [];
  for (let epoch = 1; epoch <= 3; epoch++) {
    const puts = [{ key: keyIn(1, 1), value: Uint8Array.of(epoch) }];
    await first.store.write(epoch, { puts, deletes: [], rangeDeletes: [] });
    handles.push(await first.store.seal(epoch));
    await first.session.flush(epoch);
  }
  await first.session.close();
  await database.open();
  const second = await openOne(backend, 1, handles[0]);
  await second.session.close();
  await database.open();
  await assert.rejects(openOne(backend, 3, handles[2]), { code: "CHECKPOINT_MISSING" });
});
