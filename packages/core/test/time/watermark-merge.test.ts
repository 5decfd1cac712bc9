import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { END_OF_TIME, NO_TIMESTAMP } from "../../src/time/timestamps.ts";
import { WatermarkMerge } from "../../src/time/watermark-merge.ts";

const NOTHING = { watermark: undefined, status: undefined };

/** What changes to the merged watermark, and nothing else. */
const to = (watermark: number): { watermark: number; status: undefined } => ({ watermark, status: undefined });

describe("WatermarkMerge", () => {
  it("is the least of its inputs, and begins before all time (WM-01)", () => {
    const merge = new WatermarkMerge(3);
    assert.equal(merge.watermark, NO_TIMESTAMP);
    assert.deepEqual(merge.advance(0, 10), NOTHING);
    assert.deepEqual(merge.advance(1, 30), NOTHING);
    assert.deepEqual(merge.advance(2, 20), to(10));
    assert.deepEqual(merge.advance(0, 25), to(20));
    assert.deepEqual(merge.advance(2, 40), to(25));
    assert.equal(merge.watermark, 25);
  });

  it("never goes back: a lower watermark of an input is ignored (WM-01)", () => {
    const merge = new WatermarkMerge(2);
    merge.advance(0, 10);
    merge.advance(1, 10);
    assert.deepEqual(merge.advance(0, 5), NOTHING);
    assert.deepEqual(merge.advance(1, 20), NOTHING);
    assert.deepEqual(merge.advance(0, 15), to(15));
  });

  it("leaves an idle input out of the minimum (WM-02)", () => {
    const merge = new WatermarkMerge(2);
    merge.advance(0, 10);
    merge.advance(1, 3);
    assert.deepEqual(merge.setStatus(1, "idle"), to(10));
    assert.deepEqual(merge.advance(0, 50), to(50));
  });

  it("waits for an input that has said nothing yet, unless it is idle", () => {
    const merge = new WatermarkMerge(2);
    assert.deepEqual(merge.advance(0, 10), NOTHING);
    assert.deepEqual(merge.setStatus(1, "idle"), to(10));
  });

  it("announces the greatest once when all are idle, and then that they are (WM-02)", () => {
    const merge = new WatermarkMerge(2);
    merge.advance(0, 10);
    merge.advance(1, 30);
    assert.deepEqual(merge.setStatus(0, "idle"), to(30));
    assert.deepEqual(merge.setStatus(1, "idle"), { watermark: undefined, status: "idle" });
    const other = new WatermarkMerge(2);
    other.advance(0, 10);
    other.advance(1, 30);
    assert.deepEqual(other.setStatus(1, "idle"), NOTHING);
    assert.deepEqual(other.setStatus(0, "idle"), { watermark: 30, status: "idle" });
    assert.deepEqual(other.setStatus(0, "idle"), NOTHING);
  });

  it("counts an idle input again only when it has caught up with what was announced (WM-02)", () => {
    const merge = new WatermarkMerge(2);
    merge.advance(0, 10);
    merge.advance(1, 3);
    merge.setStatus(1, "idle");
    merge.advance(0, 50);
    assert.deepEqual(merge.setStatus(1, "active"), NOTHING);
    assert.deepEqual(merge.advance(0, 60), to(60), "one that lags does not hold the other back");
    assert.deepEqual(merge.advance(1, 59), NOTHING);
    assert.deepEqual(merge.advance(0, 70), to(70));
    assert.deepEqual(merge.advance(1, 70), NOTHING, "caught up");
    assert.deepEqual(merge.advance(0, 90), NOTHING, "now it counts");
    assert.deepEqual(merge.advance(1, 80), to(80));
  });

  it("counts an idle input again at once if nothing was announced beyond it", () => {
    const merge = new WatermarkMerge(2);
    merge.advance(0, 10);
    merge.advance(1, 10);
    merge.setStatus(1, "idle");
    merge.setStatus(1, "active");
    assert.deepEqual(merge.advance(0, 20), NOTHING);
  });

  it("stays where it is while the only active inputs lag behind", () => {
    const merge = new WatermarkMerge(2);
    merge.advance(0, 50);
    merge.advance(1, 3);
    merge.setStatus(1, "idle");
    merge.setStatus(0, "idle");
    assert.deepEqual(merge.setStatus(1, "active"), { watermark: undefined, status: "active" });
    assert.deepEqual(merge.advance(1, 40), NOTHING);
    assert.equal(merge.watermark, 50);
    assert.deepEqual(merge.advance(1, 60), to(60));
  });

  it("does not take a finished input for the end of time while another one is idle (COR-09)", () => {
    const merge = new WatermarkMerge(2);
    merge.advance(0, 10);
    merge.advance(1, 5);
    merge.setStatus(1, "idle");
    assert.deepEqual(merge.setStatus(0, "finished"), { watermark: undefined, status: "idle" });
    assert.equal(merge.watermark, 10);
    assert.deepEqual(merge.setStatus(1, "active"), { watermark: undefined, status: "active" });
    assert.deepEqual(merge.advance(1, 20), to(20), "the one that was idle carries on alone");
  });

  it("takes the end of time from an input for its end, and for nothing else (COR-09)", () => {
    const merge = new WatermarkMerge(3);
    merge.advance(1, 5);
    merge.setStatus(2, "idle");
    assert.deepEqual(merge.advance(0, END_OF_TIME), to(5));
    assert.deepEqual(merge.setStatus(1, "idle"), { watermark: undefined, status: "idle" });
    assert.equal(merge.watermark, 5);
  });

  it("is at the end of time when every input has finished, even those that were idle", () => {
    const merge = new WatermarkMerge(2);
    merge.setStatus(0, "idle");
    merge.advance(1, END_OF_TIME);
    assert.deepEqual(merge.setStatus(0, "finished"), { watermark: END_OF_TIME, status: "finished" });
    assert.equal(merge.status, "finished");
  });

  it("leaves a finished input out for ever", () => {
    const merge = new WatermarkMerge(2);
    merge.advance(0, 10);
    assert.deepEqual(merge.setStatus(1, "finished"), to(10));
    assert.deepEqual(merge.setStatus(1, "active"), NOTHING);
    assert.deepEqual(merge.advance(1, 3), NOTHING);
    assert.deepEqual(merge.advance(0, 20), to(20));
  });

  it("refuses an input that it does not have", () => {
    assert.throws(() => new WatermarkMerge(2).advance(2, 1), RangeError);
  });
});
