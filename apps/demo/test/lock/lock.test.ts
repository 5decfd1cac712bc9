import assert from "node:assert/strict";
import { test } from "node:test";
import { assertLock, checkLock } from "@tidemark/core/lock";
import { lockedJob, readLock } from "../../src/lock/file.ts";

test("the flights job keeps what tidemark.lock.json says: after a change that is meant, npm run demo:lock -- --write", async () => {
  const lock = await readLock();
  assert.ok(lock !== undefined, "there is no lock file");
  assertLock(lockedJob(), lock);
  assert.deepEqual(checkLock(lockedJob(), lock), []);
});
