import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { NO_TIMESTAMP } from "../../src/time/timestamps.ts";
import { SplitClock } from "../../src/time/split-clock.ts";

function clockOf(outOfOrderMs: number, ...splitIds: readonly string[]): SplitClock {
  const clock = new SplitClock(outOfOrderMs);
  for (const id of splitIds) clock.add(id, NO_TIMESTAMP);
  return clock;
}

/** Whether a record that is read lies outside of its split's bound. */
function observe(clock: SplitClock, splitId: string, timestamp: number): boolean {
  return clock.observe(splitId, [timestamp], 0) === 0;
}

describe("SplitClock (SRC-06)", () => {
  it("announces the greatest timestamp, less the bound, less a millisecond", () => {
    const clock = clockOf(100, "a");
    assert.equal(clock.advance(), undefined);
    observe(clock, "a", 1000);
    assert.equal(clock.advance(), 899);
    assert.equal(clock.advance(), undefined, "once");
    observe(clock, "a", 950);
    assert.equal(clock.advance(), undefined);
    observe(clock, "a", 1001);
    assert.equal(clock.advance(), 900);
    assert.equal(clock.announced, 900);
  });

  it("says of a record whether it lies outside its split's bound", () => {
    const clock = clockOf(100, "a");
    assert.equal(observe(clock, "a", 1000), false);
    assert.equal(observe(clock, "a", 1000), false);
    assert.equal(observe(clock, "a", 900), false, "at the bound");
    assert.equal(observe(clock, "a", 899), true, "a millisecond behind it");
    assert.equal(observe(clock, "a", 899.5), true, "half a millisecond behind it");
    assert.equal(observe(clock, "a", 1100), false);
    assert.equal(observe(clock, "a", 999), true);
  });

  it("judges a record by its own split, not by another one that is further ahead", () => {
    const clock = clockOf(0, "a", "b");
    observe(clock, "a", 5000);
    assert.equal(observe(clock, "b", 10), false);
    assert.equal(observe(clock, "b", 9), true);
  });

  it("announces the least of its splits, and waits for one without records", () => {
    const clock = clockOf(0, "a", "b");
    observe(clock, "a", 5000);
    assert.equal(clock.advance(), undefined);
    observe(clock, "b", 3000);
    assert.equal(clock.advance(), 2999);
    observe(clock, "b", 9000);
    assert.equal(clock.advance(), 4999);
  });

  it("no longer waits for splits that were read to their end", () => {
    const clock = clockOf(0, "a", "b");
    observe(clock, "a", 5000);
    observe(clock, "b", 3000);
    clock.retain(new Set(["a"]));
    assert.equal(clock.size, 1);
    assert.equal(clock.advance(), 4999);
    assert.equal(clock.maxTimestamp("b"), NO_TIMESTAMP);
  });

  it("goes on from the greatest timestamp of a restored split", () => {
    const clock = new SplitClock(10);
    clock.add("a", 1000);
    assert.equal(clock.advance(), 989);
    assert.equal(observe(clock, "a", 989), true);
    assert.equal(observe(clock, "a", 990), false);
    assert.equal(clock.maxTimestamp("a"), 1000);
  });

  it("never goes back when a split begins earlier than the others are", () => {
    const clock = clockOf(0, "a");
    observe(clock, "a", 5000);
    assert.equal(clock.advance(), 4999);
    clock.add("b", NO_TIMESTAMP);
    observe(clock, "b", 10);
    assert.equal(clock.advance(), undefined);
    assert.equal(clock.announced, 4999);
  });

  it("leaves idle splits out until they speak again, and says which is next to fall idle", () => {
    const clock = clockOf(0, "a", "b");
    observe(clock, "a", 5000);
    observe(clock, "b", 10);
    assert.equal(clock.markIdle(1_000), undefined, "nobody was asked");
    clock.asked("b", 10);
    clock.asked("a", 30);
    clock.asked("a", 60);
    clock.asked(undefined, 70);
    assert.equal(clock.markIdle(29), 30);
    assert.equal(clock.isIdle, false);
    assert.equal(clock.advance(), 9);
    assert.equal(clock.markIdle(30), 70);
    assert.equal(clock.advance(), 4999);
    clock.asked("b", 80);
    observe(clock, "b", 20);
    assert.equal(clock.advance(), undefined, "it does not go back for the one that was idle");
    clock.asked(undefined, 90);
    assert.equal(clock.markIdle(100), undefined);
    assert.equal(clock.isIdle, true);
    assert.equal(clock.advance(), undefined, "no clock moves event time");
    clock.asked("a", 200);
    assert.equal(clock.isIdle, false);
  });

  it("says which splits are beyond a limit, and how far the slowest is: neither counts who is idle or has nothing yet", () => {
    const clock = clockOf(100, "a", "b", "silent", "new");
    assert.equal(clock.slowest, Infinity);
    observe(clock, "a", 5000);
    observe(clock, "b", 1000);
    observe(clock, "silent", 7);
    clock.asked(undefined, 10);
    for (const id of ["a", "b", "new"]) clock.asked(id, 20);
    clock.markIdle(10);
    assert.equal(clock.speaking, 3);
    assert.equal(clock.slowest, 899);
    assert.deepEqual([...clock.beyond(899)], [["a", 4899]]);
    assert.deepEqual([...clock.beyond(4899)], []);
    assert.deepEqual(
      [...clock.beyond(-Infinity)],
      [
        ["a", 4899],
        ["b", 899],
      ],
    );
  });

  it("lets no split fall idle that is held, and gives it all its time again when it no longer is (SRC-06)", () => {
    const clock = clockOf(0, "a", "b");
    observe(clock, "a", 5000);
    observe(clock, "b", 10);
    clock.hold(new Set(["a"]));
    clock.asked(undefined, 20);
    assert.equal(clock.markIdle(50), undefined);
    assert.equal(clock.speaking, 1, "only b");
    assert.equal(clock.advance(), 4999, "b is idle, and a still counts");
    clock.hold(new Set());
    assert.equal(clock.markIdle(59), undefined);
    clock.asked(undefined, 60);
    assert.equal(clock.markIdle(59), 60);
    assert.equal(clock.isIdle, false);
    clock.markIdle(60);
    assert.equal(clock.isIdle, true);
  });

  it("is idle without splits", () => {
    assert.equal(new SplitClock(0).isIdle, true);
    assert.equal(new SplitClock(0).advance(), undefined);
  });

  it("refuses records of a split that it does not have", () => {
    assert.throws(() => observe(clockOf(0, "a"), "b", 1), { code: "INTERNAL", message: /split "b"/ });
  });
});
