/** Random interleavings of records, barriers, markers, aborts, timeouts and ends, against what each mode promises. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { BarrierCounter, COUNTED_MAX } from "../../src/checkpoint/barrier-counter.ts";
import type { Barrier } from "../../src/checkpoint/barrier.ts";
import { check } from "../bytes/property.ts";
import { type BarrierMove, BarrierWorld } from "./barrier-world.ts";

const CHANNELS = 3;

const move: fc.Arbitrary<BarrierMove> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: fc.constant("write" as const), channel: fc.nat(CHANNELS - 1) }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("barrier" as const), channel: fc.nat(CHANNELS - 1) }) },
  { weight: 12, arbitrary: fc.record({ kind: fc.constant("take" as const), channel: fc.nat(CHANNELS - 1) }) },
  fc.record({ kind: fc.constantFrom("lose" as const, "mark" as const), channel: fc.nat(CHANNELS - 1) }),
  fc.record({ kind: fc.constantFrom("abort" as const, "timeout" as const), back: fc.nat(2) }),
);

for (const mode of ["aligned", "unaligned", "counted"] as const) {
  describe(`barriers that are ${mode}, in random interleavings`, () => {
    it("hold just what came before them, tell those downstream once, and never leave a channel blocked (BAR-01, BAR-02, BAR-03, BAR-06, BAR-07, BAR-08, BAR-15, COR-01, COR-02, COR-03)", () => {
      let complete = 0;
      let abandoned = 0;
      check(
        fc.property(fc.array(move, { maxLength: 300 }), (moves) => {
          const world = new BarrierWorld(mode, CHANNELS);
          for (const next of moves) world.do(next);
          world.settle();
          complete += world.complete.length;
          abandoned += world.over.size;
        }),
      );
      assert.ok(complete > 0 && abandoned > 0);
    });
  });
}

describe("BarrierCounter", () => {
  const barrier = (checkpointId: number): Barrier => ({ checkpointId, unaligned: false, alignedUntil: Infinity });

  it("counts so many checkpoints at a time and gives up the oldest for one more (BAR-06)", () => {
    const counter = new BarrierCounter(2);
    for (let id = 1; id <= COUNTED_MAX; id++) assert.deepEqual(counter.barrier(0, barrier(id)), []);
    assert.deepEqual(counter.barrier(0, barrier(COUNTED_MAX + 1)), [
      { kind: "abandon", checkpointId: 1, reason: "barrier-subsumed" },
      { kind: "cancel", checkpointId: 1 },
    ]);
    assert.deepEqual(counter.barrier(1, barrier(1)), []);
  });

  it("drops older ones when one is complete (BAR-06)", () => {
    const counter = new BarrierCounter(2);
    counter.barrier(0, barrier(1));
    counter.barrier(0, barrier(2));
    const effects = counter.barrier(1, barrier(2));
    assert.deepEqual(
      effects.map(({ kind }) => kind),
      ["abandon", "cancel", "snapshot"],
    );
    assert.deepEqual(counter.barrier(1, barrier(1)), []);
  });

  it("takes the snapshot of a single channel at once (BAR-06)", () => {
    const counter = new BarrierCounter(1);
    assert.equal(counter.barrier(0, barrier(1))[0]?.kind, "snapshot");
    assert.deepEqual(counter.barrier(0, barrier(1)), []);
  });
});
