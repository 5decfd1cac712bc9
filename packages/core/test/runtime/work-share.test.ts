/** How large the share of work of a subtask is, by how long its calls take. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { AGAIN, DONE, type Progress } from "../../src/operators/progress.ts";
import { SHARE_MS, SHARE_RECORDS, WorkShare } from "../../src/runtime/work-share.ts";

/** Makes calls that take so long; the share of a call that is given no records says how large shares are. */
function calls() {
  let now = 0;
  const share = new WorkShare({ monotonic: () => now });
  return {
    call(takesMs: number, progress: Progress, records = 0): number {
      share.begin(records);
      const { remaining } = share.slice;
      now += takesMs;
      assert.equal(share.ended(progress), progress);
      return remaining;
    },
  };
}

const LONG_MS = 1.5 * SHARE_MS;

describe("WorkShare", () => {
  it("is whole where the clock stands still, less the records that are handed over", () => {
    const { call } = calls();
    for (const progress of [DONE, AGAIN, AGAIN, DONE]) assert.equal(call(0, progress), SHARE_RECORDS);
    assert.equal(call(0, DONE, 100), SHARE_RECORDS - 100);
  });

  it("is halved with each call that takes too long, down to 16", () => {
    const { call } = calls();
    const shares = Array.from({ length: 11 }, () => call(LONG_MS, AGAIN));
    assert.deepEqual(shares, [4096, 2048, 1024, 512, 256, 128, 64, 32, 16, 16, 16]);
  });

  it("is as small as would have been right after a call that took many times too long, but by no more than an eighth", () => {
    const { call } = calls();
    const shares = [4, 8, 1_000, 2].map((times) => call(times * SHARE_MS, AGAIN));
    assert.deepEqual(shares, [4096, 1024, 128, 16]);
    assert.equal(call(0, DONE), 16, "the smallest");
  });

  it("does not grow by calls that take most of their time: twice of it would be too much", () => {
    const { call } = calls();
    call(LONG_MS, AGAIN);
    for (let each = 0; each < 3; each++) assert.equal(call(0.8 * SHARE_MS, AGAIN), SHARE_RECORDS / 2);
    assert.equal(call(0.4 * SHARE_MS, AGAIN), SHARE_RECORDS / 2);
    assert.equal(call(0.4 * SHARE_MS, AGAIN), SHARE_RECORDS / 2);
    assert.equal(call(0, DONE), SHARE_RECORDS);
  });

  it("grows again after a pause, also where batches take all of it and are done at once", () => {
    const { call } = calls();
    for (let pauses = 0; pauses < 8; pauses++) call(LONG_MS, DONE);
    const shares = [];
    for (let batches = 0; batches < 9; batches++) {
      assert.ok(call(0, AGAIN, 1_024) <= SHARE_RECORDS - 1_024);
      shares.push(call(0, DONE));
    }
    assert.deepEqual(shares, [16, 32, 64, 128, 256, 512, 1024, 2048, 4096]);
  });

  it("stays small where a batch has taken all of it before anything was done, and its records are slow", () => {
    const { call } = calls();
    for (let shares = 0; shares < 8; shares++) call(LONG_MS, AGAIN);
    for (let batches = 0; batches < 3; batches++) {
      call(0, AGAIN, 1_024);
      assert.equal(call(LONG_MS, AGAIN), 16);
      assert.equal(call(LONG_MS, AGAIN), 16);
      assert.equal(call(SHARE_MS / 2, DONE), 16);
    }
  });

  it("is left alone by calls that have not used it up", () => {
    const { call } = calls();
    call(LONG_MS, DONE);
    for (let each = 0; each < 3; each++) assert.equal(call(SHARE_MS / 2, DONE), SHARE_RECORDS / 2);
  });
});
