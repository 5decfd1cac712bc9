import { describe, it } from "node:test";
import assert from "node:assert/strict";
import fc from "fast-check";
import { TimerQueue } from "../../src/time/timer-queue.ts";
import { check } from "../bytes/property.ts";
import { tableOf, TableStore, TIMERS } from "../state/table-store.ts";
import { popTimer } from "./pop-timer.ts";

type Step =
  | { readonly kind: "set" | "delete"; readonly key: number; readonly time: number }
  | { readonly kind: "pop" | "restart"; readonly time: number };

const time = fc.integer({ min: 0, max: 20 });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("set" as const), key: fc.nat(3), time }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("delete" as const), key: fc.nat(3), time }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("pop" as const), time }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("restart" as const), time }) },
);

describe("TimerQueue, at random calls", () => {
  it("agrees with a set of keys and times, restored from its snapshots at any point", () => {
    check(
      fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
        const store = new TableStore();
        let table = tableOf();
        let queue = new TimerQueue(table, TIMERS);
        const model = new Set<string>();
        for (const each of steps) {
          if (each.kind === "set" || each.kind === "delete") {
            const row = table.row(table.space(null), each.key);
            table.hold(row);
            if (each.kind === "set") queue.register(row, each.time);
            else queue.delete(row, each.time);
            table.hold(undefined);
            const name = `${String(each.time).padStart(3, "0")} ${each.key}`;
            if (each.kind === "set") model.add(name);
            else model.delete(name);
          } else if (each.kind === "pop") {
            const due = popTimer(queue, each.time);
            const [first] = [...model].sort();
            const expected =
              first !== undefined && Number.parseInt(first, 10) <= each.time ? Number.parseInt(first, 10) : undefined;
            assert.equal(due?.time, expected);
            if (due !== undefined) {
              assert.ok(model.delete(`${String(due.time).padStart(3, "0")} ${String(due.row.key)}`));
            }
          } else {
            store.drain(table.freeze());
            assert.equal(store.entries.size, model.size);
            table = tableOf();
            queue = new TimerQueue(table, TIMERS);
            for (const entry of store.entries.values()) {
              const cell = table.restore(entry);
              if (cell !== undefined) queue.restore(cell);
            }
          }
        }
        for (const name of [...model].sort()) assert.equal(popTimer(queue, Infinity)?.time, Number.parseInt(name, 10));
        assert.equal(popTimer(queue, Infinity), undefined);
        assert.equal(table.space(null).size, [...table.space(null).rows()].length);
      }),
    );
  });
});
