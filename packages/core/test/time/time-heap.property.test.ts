import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { TimeHeap } from "../../src/time/time-heap.ts";
import { check } from "../bytes/property.ts";

describe("TimeHeap", () => {
  it("gives times back in order, whatever is pushed and popped in between", () => {
    // 0 and -0 are the same time: which of two equal ones comes first is not said.
    const times = fc.oneof(fc.integer({ min: 0, max: 5 }), fc.double({ noNaN: true })).map((time) => time + 0);
    check(
      fc.property(fc.array(fc.option(times, { nil: undefined }), { maxLength: 200 }), (steps) => {
        const heap = new TimeHeap();
        let sorted: number[] = [];
        for (const step of steps) {
          if (step === undefined) {
            assert.equal(heap.pop(), sorted[0]);
            sorted = sorted.slice(1);
          } else {
            heap.push(step);
            sorted = [...sorted, step].sort((a, b) => a - b);
          }
          assert.equal(heap.size, sorted.length);
          assert.equal(heap.peek(), sorted[0]);
        }
      }),
    );
  });
});
