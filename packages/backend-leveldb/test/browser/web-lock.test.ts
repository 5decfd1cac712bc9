// runtimes: node24
import assert from "node:assert/strict";
import { test } from "node:test";
import { IndexedLevel } from "../../src/browser/indexed-level.ts";
import { takeLock } from "../../src/browser/web-lock.ts";

const { locks } = navigator;
const unexpected = (): void => assert.fail("the lock was lost");

async function held(lockName: string): Promise<number> {
  const found = await locks.query();
  return (found.held ?? []).filter(({ name }) => name === lockName).length;
}

test("one holder at a time, and nobody waits for it", async () => {
  const first = await takeLock(locks, "one", unexpected);
  assert.equal(await takeLock(locks, "one", unexpected), undefined);
  assert.notEqual(await takeLock(locks, "another", unexpected), undefined);
  await first?.release();
  const second = await takeLock(locks, "one", unexpected);
  assert.equal(await held("one"), 1);
  await second?.release();
  assert.equal(await held("one"), 0);
});

test("who loses the lock is told, once, and has nothing left to release", async () => {
  let lost = 0;
  const lock = await takeLock(locks, "stolen", () => lost++);
  await locks.request("stolen", { steal: true }, async () => undefined);
  assert.equal(lost, 1);
  await lock?.release();
  assert.equal(lost, 1);
});

test("a request that cannot be made is an error, and no loss", async () => {
  await assert.rejects(takeLock(locks, "-reserved", unexpected), { name: "NotSupportedError" });
});

test("without Web Locks a database is not opened", async () => {
  const database = new IndexedLevel({
    location: "nowhere",
    name: 'leveldb "nowhere"',
    mustExist: false,
    locks: undefined,
  });
  await assert.rejects(database.open(), { code: "PLATFORM_UNSUPPORTED", message: /HTTPS or from localhost/ });
});

test("a lock that somebody has is STATE_LOCKED, and a database that cannot be opened lets go of it", async () => {
  const open = () => new IndexedLevel({ location: "here", name: 'leveldb "here"', mustExist: false, locks }).open();
  const lock = await takeLock(locks, "tidemark-leveldb/here", unexpected);
  await assert.rejects(open(), { code: "STATE_LOCKED" });
  await lock?.release();
  // Node has locks, but no IndexedDB.
  await assert.rejects(open(), { name: "ReferenceError" });
  assert.equal(await held("tidemark-leveldb/here"), 0);
});
