import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type AlignmentEffect, BarrierAligner } from "../../src/checkpoint/aligner.ts";

const kinds = (effects: readonly AlignmentEffect[]): readonly string[] => effects.map((effect) => effect.kind);

describe("BarrierAligner", () => {
  it("blocks a channel until all barriers are here (BAR-04)", () => {
    const aligner = new BarrierAligner(3);
    assert.deepEqual(aligner.barrier(1, 7), [{ kind: "block", channel: 1 }]);
    assert.equal(aligner.pending, 7);
    assert.deepEqual(aligner.barrier(0, 7), [{ kind: "block", channel: 0 }]);
    assert.deepEqual(aligner.barrier(2, 7), [{ kind: "snapshot", checkpointId: 7 }, { kind: "unblock" }]);
    assert.equal(aligner.pending, undefined);
  });

  it("takes the snapshot of a single channel at once, without blocking it (BAR-04)", () => {
    const aligner = new BarrierAligner(1);
    assert.deepEqual(kinds(aligner.barrier(0, 1)), ["snapshot", "unblock"]);
    assert.deepEqual(kinds(aligner.barrier(0, 2)), ["snapshot", "unblock"]);
  });

  it("ignores a barrier older than the pending one (BAR-01)", () => {
    const aligner = new BarrierAligner(2);
    aligner.barrier(0, 5);
    assert.deepEqual(aligner.barrier(1, 4), []);
    assert.equal(aligner.pending, 5);
  });

  it("ignores a barrier of a checkpoint that is done (BAR-01)", () => {
    const aligner = new BarrierAligner(2);
    aligner.barrier(0, 5);
    aligner.barrier(1, 5);
    assert.deepEqual(aligner.barrier(0, 5), []);
    assert.deepEqual(aligner.barrier(1, 4), []);
    assert.equal(aligner.pending, undefined);
  });

  it("gives up the pending checkpoint for a newer one, and unblocks before it blocks (BAR-02)", () => {
    const aligner = new BarrierAligner(3);
    aligner.barrier(0, 1);
    aligner.barrier(1, 1);
    assert.deepEqual(aligner.barrier(2, 2), [
      { kind: "abandon", checkpointId: 1 },
      { kind: "unblock" },
      { kind: "block", channel: 2 },
    ]);
    assert.deepEqual(aligner.barrier(0, 2), [{ kind: "block", channel: 0 }]);
    assert.deepEqual(kinds(aligner.barrier(1, 2)), ["snapshot", "unblock"]);
  });

  it("lets all channels flow when the pending checkpoint is aborted (BAR-03)", () => {
    const aligner = new BarrierAligner(2);
    aligner.barrier(0, 3);
    assert.deepEqual(aligner.abort(3), [{ kind: "abandon", checkpointId: 3 }, { kind: "unblock" }]);
    assert.equal(aligner.pending, undefined);
  });

  it("does nothing about an abort that comes after the snapshot (BAR-03)", () => {
    const aligner = new BarrierAligner(2);
    aligner.barrier(0, 3);
    aligner.barrier(1, 3);
    assert.deepEqual(aligner.abort(3), []);
    assert.deepEqual(kinds(aligner.barrier(0, 4)), ["block"]);
  });

  it("leaves the pending checkpoint alone when another one is aborted (BAR-03)", () => {
    const aligner = new BarrierAligner(2);
    aligner.barrier(0, 3);
    assert.deepEqual(aligner.abort(2), []);
    assert.deepEqual(aligner.abort(4), []);
    assert.deepEqual(kinds(aligner.barrier(1, 3)), ["snapshot", "unblock"]);
  });

  it("does not block a channel whose barrier comes after the abort (COR-01)", () => {
    const aligner = new BarrierAligner(2);
    aligner.barrier(0, 3);
    aligner.abort(3);
    assert.deepEqual(aligner.barrier(1, 3), []);
    assert.equal(aligner.pending, undefined);
    aligner.barrier(1, 4);
    assert.deepEqual(kinds(aligner.barrier(0, 4)), ["snapshot", "unblock"]);
  });

  it("takes no snapshot of a checkpoint that was aborted before its first barrier (COR-03)", () => {
    const aligner = new BarrierAligner(2);
    assert.deepEqual(aligner.abort(8), []);
    assert.deepEqual(aligner.barrier(0, 8), []);
    assert.deepEqual(aligner.barrier(1, 8), []);
    assert.deepEqual(kinds(aligner.barrier(0, 9)), ["block"]);
  });

  it("knows a late barrier however many checkpoints were aborted since (COR-03)", () => {
    // The memory of aborted ids is bounded. Forgetting the oldest must not bring it back to life: nothing would unblock it.
    const aligner = new BarrierAligner(2);
    for (let id = 1; id <= 1000; id++) assert.deepEqual(aligner.abort(id), []);
    for (let id = 1; id <= 1000; id++) assert.deepEqual(aligner.barrier(0, id), []);
    assert.deepEqual(kinds(aligner.barrier(0, 1001)), ["block"]);
  });

  it("gives up the pending checkpoint when so many later ones were aborted that it cannot still happen", () => {
    const aligner = new BarrierAligner(2);
    aligner.barrier(0, 1);
    const effects = Array.from({ length: 1000 }, (_, index) => aligner.abort(index + 2)).flat();
    assert.deepEqual(effects, [{ kind: "abandon", checkpointId: 1 }, { kind: "unblock" }]);
    assert.deepEqual(aligner.barrier(1, 1), []);
  });

  it("keeps the pending checkpoint however many older ones are aborted", () => {
    const aligner = new BarrierAligner(2);
    aligner.barrier(0, 2000);
    for (let id = 1; id <= 1000; id++) assert.deepEqual(aligner.abort(id), []);
    assert.deepEqual(kinds(aligner.barrier(1, 2000)), ["snapshot", "unblock"]);
  });
});
