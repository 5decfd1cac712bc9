import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { BATCH_RECORDS } from "../../../src/operators/batch.ts";
import { AGAIN, FULL } from "../../../src/operators/progress.ts";
import type { AggregateFunction } from "../../../src/state/aggregate-function.ts";
import type { OperatorFactory } from "../../../src/operators/operator.ts";
import type { WindowAssigner } from "../../../src/operators/windows/assigner.ts";
import type { PlainWindowSpec } from "../../../src/operators/windows/window-spec.ts";
import { tumbling } from "../../../src/operators/windows/tumbling.ts";
import { keyGroupOf } from "../../../src/state/key-groups.ts";
import { END_OF_TIME, NO_TIMESTAMP } from "../../../src/time/timestamps.ts";
import { type Call, Harness, type HarnessOptions, MANY, run, type Timed, verifyOperator } from "../harness.ts";

/** Collects values in place: an accumulator that must not be shared. */
const collect: AggregateFunction<unknown, unknown[], readonly unknown[]> = {
  create: () => [],
  add: (items, value) => {
    items.push(value);
    return items;
  },
  result: (items) => items,
};

const count: AggregateFunction<unknown, number, number> = { create: () => 0, add: (n) => n + 1, result: (n) => n };

function windowOf(changes: Partial<PlainWindowSpec> & { readonly assigner?: WindowAssigner } = {}): OperatorFactory {
  const { assigner = tumbling("10ms"), aggregate = collect as AggregateFunction<unknown, unknown, unknown> } = changes;
  return assigner.plan({
    id: "w",
    keyOf: (value) => (value as string)[0] as string,
    lateOutput: undefined,
    trigger: undefined,
    evictor: undefined,
    latenessMs: 0,
    ...changes,
    work: { name: "aggregate", aggregate, process: undefined },
  }).create;
}

const result = (key: string, start: number, value: unknown): Timed => [
  { key, window: { start, end: start + 10 }, value },
  start + 9,
];

describe("plain windows, when it fires", () => {
  it("emits a window when the watermark reaches its last millisecond, not before, at that time", () => {
    const harness = new Harness(windowOf());
    harness.batch(["a1", 3], ["b1", 9], ["a2", 0]);
    harness.watermark(8);
    assert.deepEqual(harness.values, []);
    harness.watermark(9);
    assert.deepEqual(harness.outcome.main, [result("a", 0, ["a1", "a2"]), result("b", 0, ["b1"])]);
    harness.watermark(500);
    assert.equal(harness.values.length, 2, "once");
  });

  it("emits windows in the order of their ends, whatever order their records came in", () => {
    const calls: readonly Call[] = [
      {
        kind: "batch",
        records: [
          ["a4", 45],
          ["a1", 15],
          ["a0", -5],
          ["b1", 11],
          ["a2", 25],
        ],
      },
      { kind: "watermark", time: 29 },
      { kind: "batch", records: [["a5", 55]] },
      { kind: "watermark", time: END_OF_TIME },
    ];
    const { main } = verifyOperator(windowOf(), calls, { reorders: true });
    assert.deepEqual(main, [
      result("a", -10, ["a0"]),
      result("a", 10, ["a1"]),
      result("b", 10, ["b1"]),
      result("a", 20, ["a2"]),
      result("a", 40, ["a4"]),
      result("a", 50, ["a5"]),
    ]);
  });

  it("keeps nothing of windows that were fired (COR-10)", () => {
    const harness = new Harness(windowOf());
    harness.batch(["a", 1], ["b", 11]);
    assert.equal(harness.save(1).entries.size, 2);
    harness.watermark(9);
    assert.equal(harness.save(2).entries.size, 1);
    harness.watermark(END_OF_TIME);
    assert.equal(harness.save(3).entries.size, 0);
  });

  it("gives away the accumulator only when it is its own no more", () => {
    const harness = new Harness(windowOf());
    harness.batch(["a1", 1]);
    const before = harness.cut();
    harness.watermark(9);
    // Somebody downstream changes what it was given, before the snapshot of that window is written.
    (harness.values[0] as { value: unknown[] }).value.push("changed");
    const again = harness.restored(harness.write(before));
    again.watermark(9);
    assert.deepEqual(again.outcome.main, [result("a", 0, ["a1"])]);
  });

  it("holds in a snapshot what accumulators were at the barrier (ST-03, COR-27)", () => {
    const harness = new Harness(windowOf());
    harness.batch(["a1", 1], ["b1", 1]);
    const before = harness.cut();
    harness.batch(["a2", 1]);
    const again = harness.restored(harness.write(before));
    again.watermark(9);
    const byKey = new Map(
      again.values.map((value) => [(value as { key: string }).key, (value as { value: unknown }).value]),
    );
    assert.deepEqual([byKey.get("a"), byKey.get("b"), byKey.size], [["a1"], ["b1"], 2]);
  });

  it("holds in a snapshot what accumulators were, though the result takes them apart", () => {
    const takesApart = { ...collect, result: (items: unknown[]) => items.splice(0) };
    const harness = new Harness(windowOf({ aggregate: takesApart as AggregateFunction<unknown, unknown, unknown> }));
    harness.batch(["a1", 1], ["a2", 1]);
    const before = harness.cut();
    harness.watermark(9);
    const again = harness.restored(harness.write(before));
    again.watermark(9);
    assert.deepEqual(again.outcome.main, [result("a", 0, ["a1", "a2"])]);
  });

  it("refuses records without a time, and says what to do", () => {
    const harness = new Harness(windowOf());
    assert.throws(() => harness.batch(["a", NO_TIMESTAMP]), {
      code: "OPTION_INVALID",
      message: /"w": it has no timestamp/,
    });
  });

  it("names itself when user code throws", () => {
    const bad = { ...collect, result: () => assert.fail("no result") } as unknown as AggregateFunction<
      unknown,
      unknown,
      unknown
    >;
    const harness = new Harness(windowOf({ aggregate: bad }));
    harness.batch(["a", 1]);
    assert.throws(() => harness.watermark(9), { code: "USER_CODE", message: /aggregate of "w" threw: no result/ });
  });
});

describe("plain windows, of much at once", () => {
  const keys = 100_000;
  const spec = {
    keyOf: (value: unknown) => value as number,
    aggregate: count as AggregateFunction<unknown, unknown, unknown>,
  };

  it("emits 100,000 keys in batches, and stops at each share of work", () => {
    const harness = new Harness(windowOf(spec), { slice: 2048 });
    const records = Array.from({ length: keys }, (_, key): Timed => [key, 1]);
    for (let at = 0; at < keys; at += BATCH_RECORDS) harness.batch(...records.slice(at, at + BATCH_RECORDS));
    let turns = 0;
    let progress = harness.begin({ kind: "watermark", time: 9 });
    let before = 0;
    while (progress === AGAIN) {
      turns++;
      assert.ok(harness.values.length - before <= 2048 + BATCH_RECORDS);
      before = harness.values.length;
      progress = harness.resume();
    }
    assert.ok(turns >= 40, `${turns} turns`);
    assert.equal(harness.values.length, keys);
    assert.equal(new Set(harness.values.map((value) => (value as { key: number }).key)).size, keys);
    assert.equal(harness.save().entries.size, 0);
  });

  it("stops at each share of work though each window holds one key alone", () => {
    const harness = new Harness(windowOf(spec), { slice: 100 });
    const windows = 5000;
    harness.batch(...Array.from({ length: windows }, (_, index): Timed => [index, index * 10]));
    let progress = harness.begin({ kind: "watermark", time: END_OF_TIME });
    let turns = 0;
    while (progress === AGAIN) {
      turns++;
      assert.ok(harness.values.length <= turns * 100, "more than its share");
      progress = harness.resume();
    }
    assert.ok(turns >= 49);
    assert.equal(harness.values.length, windows);
  });

  it("stops at a full output, and fires nothing more until it is resumed", () => {
    const harness = new Harness(windowOf(spec), { full: true });
    harness.batch(...Array.from({ length: MANY }, (_, key): Timed => [key, 1]));
    assert.equal(harness.begin({ kind: "watermark", time: 9 }), FULL);
    assert.equal(harness.values.length, BATCH_RECORDS);
    harness.drive(() => harness.resume());
    assert.equal(harness.values.length, MANY);
  });

  it("fires the same at full outputs, in slices, and after restores in between", () => {
    const records = Array.from({ length: MANY }, (_, key): Timed => [key % 1500, key % 40]);
    const calls: readonly Call[] = [
      { kind: "batch", records },
      { kind: "watermark", time: 19 },
      { kind: "batch", records },
      { kind: "watermark", time: END_OF_TIME },
    ];
    // A restore may change the order of the keys within a window, and nothing else.
    const sorted = (options: HarnessOptions): readonly string[] =>
      run(windowOf(spec), calls, options)
        .main.map((each) => JSON.stringify(each))
        .toSorted();
    const expected = sorted({});
    for (const options of [{ full: true }, { slice: 1 }, { slice: 7, full: true }]) {
      assert.deepEqual(sorted(options), expected);
    }
  });
});

describe("plain windows, of late records", () => {
  const calls: readonly Call[] = [
    {
      kind: "batch",
      records: [
        ["a1", 5],
        ["a2", 15],
      ],
    },
    { kind: "watermark", time: 8 },
    { kind: "batch", records: [["a3", 0]] },
    { kind: "watermark", time: 9 },
    {
      kind: "batch",
      records: [
        ["a4", 9],
        ["a5", 10],
        ["b1", -1],
      ],
    },
    { kind: "watermark", time: END_OF_TIME },
  ];

  it("counts them if no side output takes them (WIN-04)", () => {
    const { main, droppedLate, sides } = verifyOperator(windowOf(), calls);
    assert.equal(droppedLate, 2);
    assert.deepEqual(sides, {});
    assert.deepEqual(main, [result("a", 0, ["a1", "a3"]), result("a", 10, ["a2", "a5"])]);
  });

  it("puts them into the side output, unchanged and at their time, and counts none (WIN-04)", () => {
    const { droppedLate, sides } = verifyOperator(windowOf({ lateOutput: "late" }), calls);
    assert.deepEqual(sides, {
      late: [
        ["a4", 9],
        ["b1", -1],
      ],
    });
    assert.equal(droppedLate, 0);
  });

  it("takes a record behind the watermark whose window is still open", () => {
    const harness = new Harness(windowOf());
    harness.watermark(15);
    harness.batch(["a1", 10], ["a2", 9]);
    harness.watermark(19);
    assert.deepEqual(harness.outcome.main, [result("a", 10, ["a1"])]);
    assert.equal(harness.outcome.droppedLate, 1);
  });

  it("keeps late what was late before a restore, though the inputs begin again from earlier (COR-08)", () => {
    const harness = new Harness(windowOf({ lateOutput: "late" }));
    harness.batch(["a1", 5]);
    harness.watermark(9);
    const again = harness.restored();
    again.batch(["a2", 6], ["a3", 12]);
    again.watermark(3);
    again.batch(["a4", 7]);
    again.watermark(19);
    assert.deepEqual(again.outcome.sides, {
      late: [
        ["a2", 6],
        ["a4", 7],
      ],
    });
    assert.deepEqual(again.outcome.main, [result("a", 10, ["a3"])], "no window is fired a second time");
  });

  it("keeps each key group's own event time through a rescale (COR-08, RSC-07)", () => {
    // One half was at 19, the other at 9, when they were brought together.
    const halves = [
      { first: 0, last: 63 },
      { first: 64, last: 127 },
    ];
    const watermarks = [19, 9];
    const names = Array.from({ length: 26 }, (_, index) => String.fromCharCode(97 + index));
    const halfOf = (name: string): number => (keyGroupOf(name, 128) < 64 ? 0 : 1);
    const saved = halves.map((range, half) => {
      const harness = new Harness(windowOf(), { range });
      harness.watermark(watermarks[half] as number);
      return harness.save();
    });
    const floors = saved.flatMap(({ snapshot }) => snapshot.watermarks ?? []);
    const both = new Harness(
      windowOf({ lateOutput: "late" }),
      {},
      { entries: new Map(), snapshot: { operatorId: "w", watermarks: floors } },
    );
    both.batch(...names.map((name): Timed => [name, 12]));
    assert.deepEqual(
      both.outcome.sides["late"]?.map(([name]) => name),
      names.filter((name) => halfOf(name) === 0),
    );
    const third = both.restored();
    third.batch(...names.map((name): Timed => [name, 12]));
    assert.equal(
      third.outcome.sides["late"]?.length,
      names.filter((name) => halfOf(name) === 0).length,
      "through a second restore too",
    );
    third.watermark(19);
    third.batch(...names.map((name): Timed => [name, 12]));
    assert.equal(third.outcome.sides["late"]?.length, names.length + names.filter((name) => halfOf(name) === 0).length);
  });
});

describe("plain windows, when it is restored", () => {
  for (const [name, assigner] of [
    ["of another size", tumbling("20ms")],
    ["of a size that divides theirs", tumbling("5ms")],
    ["of another offset", tumbling("10ms", { offset: "5ms" })],
  ] as const) {
    it(`refuses windows ${name} with STATE_INCOMPATIBLE: it could never fire them`, () => {
      const harness = new Harness(windowOf());
      harness.batch(["a1", 5]);
      const saved = harness.save();
      assert.throws(() => new Harness(windowOf({ assigner }), {}, saved), {
        code: "STATE_INCOMPATIBLE",
        message: /windows of "w".*from 0 to 10/,
        details: { operator: "w", found: { start: 0, end: 10 } },
      });
    });
  }

  it("takes any windows if none are open", () => {
    const harness = new Harness(windowOf());
    harness.batch(["a1", 5]);
    harness.watermark(9);
    const again = new Harness(windowOf({ assigner: tumbling("20ms") }), {}, harness.save());
    again.batch(["a2", 25]);
    again.watermark(39);
    assert.equal(again.values.length, 1);
  });
});
