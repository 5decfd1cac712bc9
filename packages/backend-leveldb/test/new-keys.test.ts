/** What a store that began with nothing reads before it writes: LevelDB merges the tables that a read passes in vain. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { leveldb } from "@tidemark/backend-leveldb";
import type { StateStore } from "@tidemark/core";
import { MemoryLevel } from "memory-level";

import { keyOf, linesOf, openOne } from "./one-job.ts";

/** A database that notes which data rows are asked for. */
class NotingLevel extends MemoryLevel<Uint8Array, Uint8Array> {
  readonly asked: string[] = [];

  override getMany(...given: unknown[]): Promise<Uint8Array[]> {
    for (const key of given[0] as readonly Uint8Array[]) if (key[0] === 0x64) this.asked.push(key.slice(1).join("."));
    return Reflect.apply(super.getMany, this, given) as Promise<Uint8Array[]>;
  }

  askedSince(act: () => Promise<void>): Promise<readonly string[]> {
    this.asked.length = 0;
    return act().then(() => this.asked.slice());
  }
}

const put = (store: StateStore, epoch: number, index: number, value: number): Promise<void> =>
  store.write(epoch, {
    puts: [{ key: keyOf(index), value: Uint8Array.of(value) }],
    deletes: [],
    rangeDeletes: [],
  });

test("leveldb: a key is read before its first change only where it may have a row", async () => {
  const database = new NotingLevel();
  const backend = leveldb("suite", { database: () => database });
  const first = await openOne(backend, 0);
  const askedOf = (act: () => Promise<void>): Promise<readonly string[]> => database.askedSince(act);
  assert.deepEqual(await askedOf(() => put(first.store, 1, 1, 10)), [], "nothing was there");
  assert.deepEqual(await askedOf(() => put(first.store, 1, 2, 20)), [], "nor of another key");
  assert.deepEqual(await askedOf(() => put(first.store, 2, 1, 11)), [keyOf(1).join(".")], "this one it wrote itself");
  const handle = await first.store.seal(2);
  await first.session.flush(2);
  await put(first.store, 3, 3, 30);
  await first.session.close();

  await database.open();
  const second = await openOne(backend, 2, handle);
  assert.deepEqual(await linesOf(second.store), [`${keyOf(1).join(".")}=11`, `${keyOf(2).join(".")}=20`]);
  const unknown = keyOf(4);
  assert.deepEqual(await askedOf(() => put(second.store, 3, 4, 40)), [unknown.join(".")], "it did not begin empty");
  await second.session.close();
});

test("leveldb: a store that takes over from another in the same life reads what that one has written", async () => {
  const database = new NotingLevel();
  const { session, store } = await openOne(leveldb("suite", { database: () => database }), 0);
  await put(store, 1, 1, 10);
  await store.close();
  const again = await session.openStore({ owner: "0-0", generation: 2, keyGroups: { first: 0, last: 15 }, parts: [] });
  assert.deepEqual(await database.askedSince(() => put(again, 1, 1, 11)), [keyOf(1).join(".")]);
  await session.close();
});
