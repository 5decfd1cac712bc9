import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "fast-check";

import { check, checkAsync, SMALLER_PER_RUN, widened } from "./property.ts";

const RUNS = 10;
/** Of which smaller ones are found for longer than anyone waits, since all of them fail. */
const lists = fc.array(fc.nat(), { minLength: 50, maxLength: 60, size: "max" });
const most = 1 + SMALLER_PER_RUN * widened(RUNS);

test("check: a property that fails is told of, with its seed, after a bounded search for a smaller case", () => {
  let calls = 0;
  const failing = fc.property(lists, () => ++calls < 0);
  assert.throws(() => check(failing, RUNS), /seed: /);
  assert.equal(calls, most);
});

test("checkAsync: a property that fails is told of, with its seed, after a bounded search for a smaller case", async () => {
  let calls = 0;
  const failing = fc.asyncProperty(lists, async () => ++calls < 0);
  await assert.rejects(checkAsync(failing, RUNS), /seed: /);
  assert.equal(calls, most);
});
