import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { AlignmentGroup } from "../../src/time/alignment-group.ts";

const never = (): void => assert.fail("resumed");

describe("AlignmentGroup", () => {
  it("gives each reader a limit above the slowest, and wakes who waits for one once when it is reached (WM-03)", () => {
    const group = new AlignmentGroup();
    const [fast, slow] = [group.join(100), group.join(10)];
    slow.report(1000);
    fast.report(1101);
    assert.equal(fast.limit, 1100);
    assert.equal(slow.limit, 1010);
    let woken = 0;
    fast.awaitLimit(1101, () => woken++);
    slow.report(1000.5);
    assert.equal(woken, 0);
    slow.report(1001);
    slow.report(1002);
    assert.equal(woken, 1);
    assert.equal(fast.limit, 1102);
  });

  it("has no limit for readers of which none has a split that counts (COR-25)", () => {
    const group = new AlignmentGroup();
    const [fast, slow] = [group.join(10), group.join(10)];
    assert.equal(fast.limit, Infinity);
    fast.report(1e15);
    assert.equal(fast.limit, 1e15 + 10, "the only one is the slowest");
    slow.report(0);
    let woken = 0;
    fast.awaitLimit(1e15, () => woken++);
    slow.report(Infinity);
    assert.equal(woken, 1, "the slowest is idle or has ended");
    fast.report(Infinity);
    assert.equal(fast.limit, Infinity);
    slow.report(5);
    assert.equal(fast.limit, 15, "one that speaks again counts again");
  });

  it("wakes a reader for its own slowest split, and none that waits no longer or for something else", () => {
    const group = new AlignmentGroup();
    const [one, other] = [group.join(10), group.join(10)];
    one.report(0);
    other.report(20);
    let woken = 0;
    one.awaitLimit(12, never);
    one.awaitLimit(14, () => woken++);
    other.awaitLimit(12, never);
    other.awaitLimit(Infinity, never);
    one.report(3);
    assert.equal(woken, 0);
    one.report(4);
    assert.equal(woken, 1);
  });
});
