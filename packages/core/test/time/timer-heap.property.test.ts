import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { Cell, Row, Space } from "../../src/state/row.ts";
import { timeOf, TimerHeap } from "../../src/time/timer-heap.ts";
import { check } from "../bytes/property.ts";

type Step =
  | { readonly kind: "add"; readonly time: number }
  | { readonly kind: "take"; readonly time: number }
  | { readonly kind: "remove"; readonly index: number }
  | { readonly kind: "cut"; readonly index: number };

const time = fc.integer({ min: 0, max: 12 });

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("add" as const), time }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("remove" as const), index: fc.nat(200) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("take" as const), time }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("cut" as const), index: fc.nat(200) }) },
);

const row = new Row("key", new Space(null));

describe("TimerHeap", () => {
  it("gives timers in the order of time and then of their coming, whatever is removed and cut off in between", () => {
    check(
      fc.property(fc.array(step, { minLength: 100, maxLength: 500 }), (steps) => {
        const heap = new TimerHeap((timer) => timer.present);
        let model: Cell[] = [];
        const add = (timer: Cell): void => {
          timer.present = true;
          heap.add(timer);
          model.push(timer);
          // As a list sorts: those of one time stay in the order of their coming.
          model.sort((one, other) => timeOf(one) - timeOf(other));
        };
        for (const each of steps) {
          if (each.kind === "add") add(new Cell(row, 0, each.time));
          else if (each.kind === "take") {
            const due = heap.take(each.time);
            const expected = model[0] !== undefined && timeOf(model[0]) <= each.time ? model.shift() : undefined;
            assert.equal(due, expected);
          } else if (each.kind === "remove") {
            const [removed] = model.splice(each.index % Math.max(1, model.length), 1);
            if (removed === undefined) continue;
            removed.present = false;
            heap.removed();
          } else {
            const told = new Set<Cell>();
            const from = heap.cut(each.index, (timer) => {
              assert.ok(!told.has(timer), "told twice");
              told.add(timer);
            });
            const kept = model.filter((timer) => from === undefined || timeOf(timer) < from);
            assert.deepEqual(told, new Set(model.slice(kept.length)));
            assert.ok(heap.size <= each.index || from === undefined);
            model = kept;
          }
          assert.ok(
            heap.size >= model.length && heap.size <= 2 * model.length + 64,
            "what was removed takes no room for long",
          );
          assert.ok(heap.earliest <= (model[0] === undefined ? Infinity : timeOf(model[0])));
        }
        for (const timer of model) assert.equal(heap.take(Infinity), timer);
        assert.equal(heap.take(Infinity), undefined);
        assert.equal(heap.size, 0);
      }),
    );
  });

  it("gives one that was removed and added again once", () => {
    const heap = new TimerHeap((timer) => timer.present);
    const timer = new Cell(row, 0, 10);
    timer.present = true;
    for (let times = 0; times < 1_000; times++) {
      heap.add(timer);
      heap.removed();
    }
    heap.add(timer);
    assert.ok(heap.size < 200);
    assert.equal(heap.take(10), timer);
    timer.present = false;
    assert.equal(heap.take(10), undefined);
  });
});
