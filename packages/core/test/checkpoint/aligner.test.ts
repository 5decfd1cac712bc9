import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { BarrierAligner } from "../../src/checkpoint/aligner.ts";
import type { AlignmentEffect, Barrier } from "../../src/checkpoint/barrier.ts";

const aligned = (checkpointId: number): Barrier => ({ checkpointId, unaligned: false, alignedUntil: Infinity });
const unaligned = (checkpointId: number): Barrier => ({ checkpointId, unaligned: true, alignedUntil: Infinity });
const kinds = (effects: readonly AlignmentEffect[]): readonly string[] => effects.map((effect) => effect.kind);

describe("BarrierAligner", () => {
  it("blocks a channel until all barriers are here (BAR-04)", () => {
    const aligner = new BarrierAligner(3);
    assert.deepEqual(aligner.barrier(1, aligned(7)), [{ kind: "block", channel: 1 }]);
    assert.equal(aligner.pending, 7);
    assert.deepEqual(aligner.barrier(0, aligned(7)), [{ kind: "block", channel: 0 }]);
    assert.deepEqual(aligner.barrier(2, aligned(7)), [{ kind: "snapshot", barrier: aligned(7) }, { kind: "unblock" }]);
    assert.equal(aligner.pending, undefined);
  });

  it("takes the snapshot of a single channel at once, without blocking it (BAR-04)", () => {
    const aligner = new BarrierAligner(1);
    assert.deepEqual(kinds(aligner.barrier(0, aligned(1))), ["snapshot", "unblock"]);
    assert.deepEqual(kinds(aligner.barrier(0, aligned(2))), ["snapshot", "unblock"]);
  });

  it("ignores a barrier older than the pending one (BAR-01)", () => {
    const aligner = new BarrierAligner(2);
    aligner.barrier(0, aligned(5));
    assert.deepEqual(aligner.barrier(1, aligned(4)), []);
    assert.equal(aligner.pending, 5);
  });

  it("ignores a barrier of a checkpoint that is done (BAR-01)", () => {
    const aligner = new BarrierAligner(2);
    aligner.barrier(0, aligned(5));
    aligner.barrier(1, aligned(5));
    assert.deepEqual(aligner.barrier(0, aligned(5)), []);
    assert.deepEqual(aligner.barrier(1, aligned(4)), []);
    assert.equal(aligner.pending, undefined);
  });

  it("gives up the pending checkpoint for a newer one, and unblocks before it blocks (BAR-02)", () => {
    const aligner = new BarrierAligner(3);
    aligner.barrier(0, aligned(1));
    aligner.barrier(1, aligned(1));
    assert.deepEqual(aligner.barrier(2, aligned(2)), [
      { kind: "abandon", checkpointId: 1, reason: "barrier-subsumed" },
      { kind: "unblock" },
      { kind: "cancel", checkpointId: 1 },
      { kind: "block", channel: 2 },
    ]);
    assert.deepEqual(aligner.barrier(0, aligned(2)), [{ kind: "block", channel: 0 }]);
    assert.deepEqual(kinds(aligner.barrier(1, aligned(2))), ["snapshot", "unblock"]);
  });

  it("lets all channels flow when the pending checkpoint is aborted (BAR-03)", () => {
    const aligner = new BarrierAligner(2);
    aligner.barrier(0, aligned(3));
    assert.deepEqual(aligner.abort(3), [
      { kind: "abandon", checkpointId: 3, reason: "aborted" },
      { kind: "unblock" },
      { kind: "cancel", checkpointId: 3 },
    ]);
    assert.equal(aligner.pending, undefined);
  });

  it("does nothing about an abort that comes after the snapshot (BAR-03)", () => {
    const aligner = new BarrierAligner(2);
    aligner.barrier(0, aligned(3));
    aligner.barrier(1, aligned(3));
    assert.deepEqual(aligner.abort(3), []);
    assert.deepEqual(kinds(aligner.barrier(0, aligned(4))), ["block"]);
  });

  it("leaves the pending checkpoint alone when another one is aborted (BAR-03)", () => {
    const aligner = new BarrierAligner(2);
    aligner.barrier(0, aligned(3));
    assert.deepEqual(aligner.abort(2), []);
    assert.deepEqual(aligner.abort(4), []);
    assert.deepEqual(kinds(aligner.barrier(1, aligned(3))), ["snapshot", "unblock"]);
  });

  it("does not block a channel whose barrier comes after the abort (COR-01)", () => {
    const aligner = new BarrierAligner(2);
    aligner.barrier(0, aligned(3));
    aligner.abort(3);
    assert.deepEqual(aligner.barrier(1, aligned(3)), []);
    assert.equal(aligner.pending, undefined);
    aligner.barrier(1, aligned(4));
    assert.deepEqual(kinds(aligner.barrier(0, aligned(4))), ["snapshot", "unblock"]);
  });

  it("takes no snapshot of a checkpoint that was aborted before its first barrier (NOT-05, COR-03)", () => {
    const aligner = new BarrierAligner(2);
    assert.deepEqual(aligner.abort(8), []);
    assert.deepEqual(kinds(aligner.barrier(0, aligned(8))), ["cancel"], "those downstream are told, once");
    assert.deepEqual(aligner.barrier(1, aligned(8)), []);
    assert.deepEqual(kinds(aligner.barrier(0, aligned(9))), ["block"]);
  });

  it("knows a late barrier however many checkpoints were aborted since (COR-03)", () => {
    // The memory of aborted ids is bounded. Forgetting the oldest must not bring it back to life: nothing would unblock it.
    const aligner = new BarrierAligner(2);
    for (let id = 1; id <= 1000; id++) assert.deepEqual(aligner.abort(id), []);
    for (let id = 1; id <= 1000; id++) {
      const told = id > 1000 - 64 ? ["cancel"] : [];
      assert.deepEqual(kinds(aligner.barrier(0, aligned(id))), told);
    }
    assert.deepEqual(kinds(aligner.barrier(0, aligned(1001))), ["block"]);
  });

  it("gives up the pending checkpoint when so many later ones were aborted that it cannot still happen", () => {
    const aligner = new BarrierAligner(2);
    aligner.barrier(0, aligned(1));
    const effects = Array.from({ length: 1000 }, (_, index) => aligner.abort(index + 2)).flat();
    assert.deepEqual(effects, [
      { kind: "abandon", checkpointId: 1, reason: "aborted" },
      { kind: "unblock" },
      { kind: "cancel", checkpointId: 1 },
    ]);
    assert.deepEqual(aligner.barrier(1, aligned(1)), []);
  });

  it("keeps the pending checkpoint however many older ones are aborted", () => {
    const aligner = new BarrierAligner(2);
    aligner.barrier(0, aligned(2000));
    for (let id = 1; id <= 1000; id++) assert.deepEqual(aligner.abort(id), []);
    assert.deepEqual(kinds(aligner.barrier(1, aligned(2000))), ["snapshot", "unblock"]);
  });

  it("gives up what it aligns when a cancel marker comes, and passes the marker on (BAR-03)", () => {
    const aligner = new BarrierAligner(2);
    aligner.barrier(0, aligned(3));
    assert.deepEqual(aligner.cancel(3), [
      { kind: "abandon", checkpointId: 3, reason: "cancel-marker" },
      { kind: "unblock" },
      { kind: "cancel", checkpointId: 3 },
    ]);
    assert.deepEqual(aligner.barrier(1, aligned(3)), []);
  });

  it("takes no snapshot of a checkpoint whose marker came first, and ignores markers of what is over (COR-03)", () => {
    const aligner = new BarrierAligner(2);
    assert.deepEqual(kinds(aligner.cancel(3)), ["abandon", "cancel"]);
    assert.deepEqual(aligner.cancel(3), []);
    assert.deepEqual(aligner.barrier(0, aligned(3)), []);
    aligner.barrier(0, aligned(4));
    aligner.barrier(1, aligned(4));
    assert.deepEqual(aligner.cancel(4), []);
    aligner.barrier(0, aligned(6));
    assert.deepEqual(aligner.cancel(5), []);
    assert.deepEqual(kinds(aligner.cancel(7)), ["abandon", "unblock", "cancel", "abandon", "cancel"]);
  });
});

describe("BarrierAligner, where barriers overtake", () => {
  it("takes the snapshot at the first barrier and captures each channel until its own (BAR-07)", () => {
    const aligner = new BarrierAligner(3, true);
    assert.deepEqual(aligner.announced(1, unaligned(4)), [
      { kind: "capture", channel: 0, checkpointId: 4 },
      { kind: "overtake", channel: 1, checkpointId: 4 },
      { kind: "capture", channel: 2, checkpointId: 4 },
      { kind: "snapshot", barrier: unaligned(4) },
      { kind: "unblock" },
    ]);
    assert.deepEqual(aligner.announced(0, unaligned(4)), [{ kind: "overtake", channel: 0, checkpointId: 4 }]);
    assert.deepEqual(aligner.announced(2, unaligned(4)), [
      { kind: "overtake", channel: 2, checkpointId: 4 },
      { kind: "captured", checkpointId: 4 },
    ]);
    assert.equal(aligner.pending, undefined);
  });

  it("stays aligned if all barriers come in their turn before the time is up (BAR-08)", () => {
    const aligner = new BarrierAligner(2, true);
    assert.deepEqual(aligner.announced(0, aligned(4)), []);
    assert.deepEqual(aligner.announced(1, aligned(4)), []);
    assert.deepEqual(kinds(aligner.barrier(0, aligned(4))), ["block"]);
    assert.deepEqual(kinds(aligner.barrier(1, aligned(4))), ["snapshot", "unblock"]);
    assert.deepEqual(aligner.timeout(aligned(4)), []);
  });

  it("overtakes when the time is up: what is aligned is captured no more, what waits is taken out (BAR-08, BAR-09)", () => {
    const aligner = new BarrierAligner(3, true);
    aligner.announced(0, aligned(4));
    aligner.announced(1, aligned(4));
    aligner.barrier(0, aligned(4));
    assert.deepEqual(aligner.timeout(aligned(4)), [
      { kind: "overtake", channel: 1, checkpointId: 4 },
      { kind: "capture", channel: 2, checkpointId: 4 },
      { kind: "snapshot", barrier: unaligned(4) },
      { kind: "unblock" },
    ]);
    assert.deepEqual(aligner.timeout(aligned(4)), []);
    // The last one was put in before its writer knew.
    assert.deepEqual(kinds(aligner.announced(2, aligned(4))), ["overtake", "captured"]);
  });

  it("turns at once when one barrier overtakes already (BAR-08)", () => {
    const aligner = new BarrierAligner(2, true);
    aligner.announced(0, aligned(4));
    aligner.barrier(0, aligned(4));
    assert.deepEqual(kinds(aligner.announced(1, unaligned(4))), ["overtake", "snapshot", "unblock", "captured"]);
  });

  it("keeps barriers in line where what waits cannot be captured, and passes on that they may overtake again (BAR-10)", () => {
    const aligner = new BarrierAligner(2, false);
    assert.deepEqual(aligner.announced(0, unaligned(4)), []);
    assert.deepEqual(kinds(aligner.barrier(0, unaligned(4))), ["block"]);
    assert.deepEqual(aligner.timeout(unaligned(4)), []);
    assert.deepEqual(aligner.barrier(1, unaligned(4)), [
      { kind: "snapshot", barrier: unaligned(4) },
      { kind: "unblock" },
    ]);
  });

  it("stops capturing when the checkpoint is aborted, and ignores its late barriers (COR-02)", () => {
    const aligner = new BarrierAligner(2, true);
    aligner.announced(0, unaligned(4));
    assert.deepEqual(aligner.abort(4), [{ kind: "abandon", checkpointId: 4, reason: "aborted" }, { kind: "unblock" }]);
    assert.deepEqual(aligner.announced(1, unaligned(4)), []);
    assert.deepEqual(aligner.barrier(1, unaligned(4)), []);
    assert.deepEqual(kinds(aligner.announced(1, unaligned(5))), ["capture", "overtake", "snapshot", "unblock"]);
  });
});
