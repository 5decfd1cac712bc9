import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { flatMapOperator } from "../../src/operators/flat-map.ts";
import { reduceOperator } from "../../src/operators/reduce.ts";
import type { AggregateFunction } from "../../src/state/aggregate-function.ts";
import { tumbling } from "../../src/operators/windows/tumbling.ts";
import { END_OF_TIME, NO_TIMESTAMP } from "../../src/time/timestamps.ts";
import { check } from "../bytes/property.ts";
import { type Call, Harness, type HarnessOptions, inBatches, type Outcome, run, type Timed } from "./harness.ts";

const SIZE = 10;

interface Item {
  readonly key: number;
  readonly n: number;
}

/** A stream: records, and watermarks (as how far they go ahead) between them. */
const stream = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.record({ key: fc.nat(4), n: fc.nat(100), at: fc.integer({ min: -30, max: 60 }) }) },
    { weight: 1, arbitrary: fc.integer({ min: 1, max: 25 }) },
  ),
  { maxLength: 80 },
);
type Stream = typeof stream extends fc.Arbitrary<infer S> ? S : never;

const options: fc.Arbitrary<HarnessOptions> = fc.record({ full: fc.boolean(), slice: fc.constantFrom(1, 2, 5, 4096) });

const sum: AggregateFunction<Item, { n: number }, number> = {
  create: () => ({ n: 0 }),
  add: (total, item) => {
    total.n += item.n;
    return total;
  },
  result: ({ n }) => n,
};

const windows = tumbling("10ms", { offset: "3ms" }).plan({
  id: "w",
  keyOf: (value) => (value as Item).key,
  work: {
    name: "aggregate",
    aggregate: sum as unknown as AggregateFunction<unknown, unknown, unknown>,
    process: undefined,
  },
  trigger: undefined,
  evictor: undefined,
  latenessMs: 0,
  lateOutput: "late",
}).create;

/** The calls for a stream, with records in batches of up to `size` between watermarks. */
function callsOf(elements: Stream, size: number): readonly Call[] {
  const calls: Call[] = [];
  let records: Timed[] = [];
  let time = -40;
  for (const element of elements) {
    if (typeof element === "number") {
      calls.push(...inBatches(records, size));
      records = [];
      time += element;
      calls.push({ kind: "watermark", time });
    } else {
      records.push([{ key: element.key, n: element.n }, element.at]);
    }
  }
  return [...calls, ...inBatches(records, size), { kind: "watermark", time: END_OF_TIME }];
}

/** Sums and late records by plain loops over the calls. */
function oracle(calls: readonly Call[]): { readonly sums: readonly string[]; readonly late: readonly Timed[] } {
  const open = new Map<string, { end: number; line: (n: number) => string; n: number }>();
  const sums: string[] = [];
  const late: Timed[] = [];
  let time = NO_TIMESTAMP;
  for (const call of calls) {
    if (call.kind === "watermark") {
      time = call.time;
      for (const [name, { end, line, n }] of open) {
        if (end - 1 > time) continue;
        sums.push(line(n));
        open.delete(name);
      }
    } else if (call.kind === "batch") {
      for (const [value, timestamp] of call.records) {
        const { key, n } = value as Item;
        let start = -1007;
        while (start + SIZE <= timestamp) start += SIZE;
        const end = start + SIZE;
        if (end - 1 <= time) {
          late.push([value, timestamp]);
          continue;
        }
        const name = `${start} ${key}`;
        const line = (total: number): string =>
          JSON.stringify([{ key, window: { start, end }, value: total }, end - 1]);
        open.set(name, { end, line, n: (open.get(name)?.n ?? 0) + n });
      }
    }
  }
  return { sums: sums.toSorted(), late };
}

const lines = ({ main }: Outcome): readonly string[] => main.map((each) => JSON.stringify(each)).toSorted();

describe("Operators, against plain loops", () => {
  it("windowAggregate gives the same sums and late records at any batch size, full outputs and slices", () => {
    check(
      fc.property(stream, fc.integer({ min: 1, max: 12 }), options, (elements, size, options) => {
        const calls = callsOf(elements, size);
        const outcome = run(windows, calls, options);
        const expected = oracle(calls);
        assert.deepEqual(lines(outcome), expected.sums);
        assert.deepEqual(outcome.sides["late"] ?? [], expected.late);
      }),
    );
  });

  it("windowAggregate gives the same after restores at any points, with the event time told again or not", () => {
    check(
      fc.property(
        stream,
        fc.integer({ min: 1, max: 12 }),
        fc.array(fc.boolean()),
        fc.boolean(),
        (elements, size, restarts, tells) => {
          const calls = callsOf(elements, size);
          const expected = oracle(calls);
          const found: string[] = [];
          const late: Timed[] = [];
          let harness = new Harness(windows);
          const collect = (): void => {
            found.push(...lines(harness.outcome));
            late.push(...(harness.outcome.sides["late"] ?? []));
          };
          let time = NO_TIMESTAMP;
          calls.forEach((call, index) => {
            harness.call(call);
            if (call.kind === "watermark") time = call.time;
            if (restarts[index] !== true) return;
            collect();
            harness = harness.restored();
            if (tells && time > NO_TIMESTAMP) harness.watermark(time);
          });
          collect();
          assert.deepEqual(found.toSorted(), expected.sums);
          assert.deepEqual(late, expected.late);
        },
      ),
    );
  });

  it("reduce gives the running sums at any batch size, through restores at any points", () => {
    const running = reduceOperator(
      "r",
      (value) => (value as Item).key,
      (total, value) => ({
        key: (value as Item).key,
        n: (total as Item).n + (value as Item).n,
      }),
    );
    const items = fc.array(fc.record({ key: fc.nat(4), n: fc.nat(100) }, { noNullPrototype: true }), { maxLength: 60 });
    check(
      fc.property(
        items,
        fc.integer({ min: 1, max: 12 }),
        fc.array(fc.boolean()),
        options,
        (items, size, restarts, options) => {
          const totals = new Map<number, number | undefined>();
          const expected = items.map(({ key, n }) => {
            totals.set(key, (totals.get(key) ?? 0) + n);
            return { key, n: totals.get(key) };
          });
          let harness = new Harness(running, options);
          const found: unknown[] = [];
          inBatches(
            items.map((item): Timed => [item, 0]),
            size,
          ).forEach((call, index) => {
            harness.call(call);
            if (restarts[index] !== true) return;
            found.push(...harness.values);
            harness = harness.restored();
          });
          assert.deepEqual([...found, ...harness.values], expected);
        },
      ),
    );
  });

  it("flatMap gives what Array.flatMap gives, at any batch size, full outputs and slices", () => {
    const lists = fc.array(fc.array(fc.nat(9), { maxLength: 6 }), { maxLength: 40 });
    check(
      fc.property(lists, fc.integer({ min: 1, max: 12 }), options, (lists, size, options) => {
        const records = lists.map((list, index): Timed => [list, index]);
        const { main } = run(
          flatMapOperator("f", (value) => value as number[]),
          inBatches(records, size),
          options,
        );
        assert.deepEqual(
          main,
          lists.flatMap((list, index) => list.map((value) => [value, index])),
        );
      }),
    );
  });
});
