/** In what order results go on, against lists that are searched from the front. */
import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "fast-check";

import { AsCompleted, InOrder, type Leaving, type ResultOrder } from "../../../src/operators/async/result-order.ts";
import { check } from "../../bytes/property.ts";

interface Entry {
  readonly name: number;
  isDone: boolean;
}

type Item = Entry | number;

/** What the definitions say: `items` are still here, `done` became so in this order. */
interface Model {
  readonly items: Item[];
  readonly done: Entry[];
}

function leaveInOrder({ items }: Model): Leaving<Entry> | undefined {
  const [first] = items;
  if (first === undefined || (typeof first !== "number" && !first.isDone)) return undefined;
  items.shift();
  return typeof first === "number" ? { kind: "watermark", time: first } : { kind: "result", entry: first };
}

function leaveAsCompleted({ items, done }: Model): Leaving<Entry> | undefined {
  const end = items.findIndex((item) => typeof item === "number");
  const stretch = end < 0 ? items : items.slice(0, end);
  const entry = done.find((each) => stretch.includes(each));
  if (entry !== undefined) {
    items.splice(items.indexOf(entry), 1);
    done.splice(done.indexOf(entry), 1);
    return { kind: "result", entry };
  }
  return end === 0 ? { kind: "watermark", time: items.shift() as number } : undefined;
}

const step = fc.oneof(
  { weight: 4, arbitrary: fc.constant({ kind: "add" as const }) },
  { weight: 2, arbitrary: fc.constant({ kind: "watermark" as const }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("done" as const), which: fc.nat(20) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("leave" as const), count: fc.integer({ min: 1, max: 6 }) }) },
);

const ORDERS: readonly [string, () => ResultOrder<Entry>, (model: Model) => Leaving<Entry> | undefined][] = [
  ["InOrder", () => new InOrder(), leaveInOrder],
  ["AsCompleted", () => new AsCompleted(), leaveAsCompleted],
];

for (const [name, create, leave] of ORDERS) {
  test(`${name}: gives out what the definition does, whatever comes and ends in whatever order (ASY-01)`, () => {
    check(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const order = create();
        const model: Model = { items: [], done: [] };
        const open: Entry[] = [];
        let named = 0;
        for (const each of steps) {
          if (each.kind === "add") {
            const entry = { name: named++, isDone: false };
            open.push(entry);
            order.add(entry);
            model.items.push(entry);
          } else if (each.kind === "watermark") {
            const time = named++;
            order.watermark(time);
            if (typeof model.items.at(-1) === "number") model.items.pop();
            model.items.push(time);
          } else if (each.kind === "done") {
            const [entry] = open.splice(each.which % Math.max(1, open.length), 1);
            if (entry === undefined) continue;
            entry.isDone = true;
            order.done(entry);
            model.done.push(entry);
          } else {
            for (let count = 0; count < each.count; count++) assert.deepEqual(order.next(), leave(model));
          }
          assert.equal(order.isEmpty, model.items.length === 0);
        }
      }),
    );
  });
}
