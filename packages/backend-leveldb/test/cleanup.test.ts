import assert from "node:assert/strict";
import { test } from "node:test";

import { Cleanup } from "../src/cleanup.ts";

test("Cleanup: tells once what work has failed with, and goes on with the next", async () => {
  const cleanup = new Cleanup();
  cleanup.begin(() => Promise.reject(new Error("no space left")));
  await assert.rejects(cleanup.settled(), /no space left/);
  await cleanup.settled();
  let done = 0;
  cleanup.begin(async () => void done++);
  await cleanup.settled();
  assert.equal(done, 1);
});
