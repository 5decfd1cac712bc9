import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { AGAIN } from "../../src/operators/progress.ts";
import { valueState } from "../../src/state/kinds/value.ts";
import { END_OF_TIME } from "../../src/time/timestamps.ts";
import { type Call, Harness, inBatches, verifyOperator } from "./harness.ts";
import { inOrder, of } from "./string-process.ts";

describe("processOperator, of event timers", () => {
  const alarms = of({
    onRecord: (value, context) => {
      for (const time of value
        .slice(1)
        .split(",")
        .filter((part) => part !== "")) {
        context.setEventTimer(Number(time));
      }
    },
    onTimer: (time, context) => context.emit(`${context.key}@${time}`),
  });

  it("calls when the watermark reaches the time, at that time, in the order of time across keys (TMR-02)", () => {
    const calls: readonly Call[] = [
      {
        kind: "batch",
        records: [
          ["a30,10", 1],
          ["b20,5,40", 2],
        ],
      },
      { kind: "watermark", time: 9 },
      { kind: "watermark", time: 10 },
      { kind: "watermark", time: 35 },
      { kind: "watermark", time: END_OF_TIME },
    ];
    const { main } = verifyOperator(alarms, calls);
    assert.deepEqual(main, [
      ["b@5", 5],
      ["a@10", 10],
      ["b@20", 20],
      ["a@30", 30],
      ["b@40", 40],
    ]);
  });

  it("calls once for a timer that was set three times (TMR-01)", () => {
    const { main } = verifyOperator(alarms, [
      ...inBatches(inOrder("a10", "a10", "a10"), 2),
      { kind: "watermark", time: 10 },
    ]);
    assert.deepEqual(
      main.map(([value]) => value),
      ["a@10"],
    );
  });

  it("calls for a timer that is due already right after the record that set it, at any batch size", () => {
    // If it waited for the end of the batch, what the second record finds would depend on where batches end.
    const process = of({
      state: { fired: valueState(0) },
      onRecord: (value, context) => {
        context.emit(`${value} finds ${context.state.fired.get()}`);
        context.setEventTimer(50);
      },
      onTimer: (_time, context) => context.state.fired.update(context.state.fired.get() + 1),
    });
    for (const size of [1, 2, 3]) {
      const calls: readonly Call[] = [{ kind: "watermark", time: 100 }, ...inBatches(inOrder("a1", "a2", "a3"), size)];
      const { main } = verifyOperator(process, calls);
      assert.deepEqual(
        main.map(([value]) => value),
        ["a1 finds 0", "a2 finds 1", "a3 finds 2"],
        `batches of ${size}`,
      );
    }
  });

  it("calls for timers that a timer sets, while they are due", () => {
    const { main } = verifyOperator(
      of({
        onRecord: (_value, context) => context.setEventTimer(1),
        onTimer: (time, context) => {
          context.emit(time);
          context.setEventTimer(time + 1);
        },
      }),
      [
        { kind: "batch", records: [["a", 0]] },
        { kind: "watermark", time: 5 },
        { kind: "watermark", time: 7 },
      ],
    );
    assert.deepEqual(
      main.map(([value]) => value),
      [1, 2, 3, 4, 5, 6, 7],
    );
  });

  it("stops at each share of work though a timer sets the next one for ever", () => {
    let calls = 0;
    const harness = new Harness(
      of({
        onRecord: (_value, context) => context.setEventTimer(1),
        onTimer: (time, context) => {
          calls++;
          context.setEventTimer(time);
        },
      }),
      { slice: 50 },
    );
    harness.batch(["a", 0]);
    assert.equal(harness.begin({ kind: "watermark", time: 1 }), AGAIN);
    assert.equal(harness.resume(), AGAIN);
    assert.ok(calls <= 102);
    const due = new Harness(harness.factory, { slice: 50 });
    due.watermark(1);
    assert.equal(
      due.begin({
        kind: "batch",
        records: [
          ["a", 0],
          ["b", 0],
        ],
      }),
      AGAIN,
      "in the middle of a batch too",
    );
  });

  it("keeps timers of rows that hold nothing else, through restores", () => {
    const { main } = verifyOperator(
      of({
        state: { value: valueState("") },
        onRecord: (value, context) => {
          context.state.value.update(value);
          context.setEventTimer(10);
          context.state.value.clear();
        },
        onTimer: (_time, context) => context.emit(`${context.key}${context.state.value.get()}`),
      }),
      [
        {
          kind: "batch",
          records: [
            ["a", 0],
            ["b", 1],
          ],
        },
        { kind: "watermark", time: 10 },
      ],
      { reorders: true },
    );
    assert.deepEqual(
      main.map(([value]) => value),
      ["a", "b"],
    );
  });

  it("takes timers back, and leaves nothing behind (TMR-01)", () => {
    const harness = new Harness(
      of({
        onRecord: (value, context) => {
          if (value.endsWith("+")) context.setEventTimer(10);
          else context.deleteEventTimer(10);
        },
        onTimer: (_time, context) => context.emit(context.key),
      }),
    );
    harness.batch(["a+", 0], ["b+", 0], ["c-", 0]);
    assert.equal(harness.save(1).entries.size, 2);
    harness.batch(["a-", 0]);
    assert.equal(harness.save(2).entries.size, 1);
    harness.watermark(10);
    assert.deepEqual(harness.values, ["b"]);
    assert.equal(harness.save(3).entries.size, 0);
  });

  for (const set of ["setEventTimer", "setProcessingTimer"] as const) {
    it(`refuses ${set} of a process that has no onTimer`, () => {
      const harness = new Harness(of({ onRecord: (_value, context) => context[set](1) }));
      assert.throws(() => harness.batch(["a", 0]), {
        code: "CALLBACK_MISSING",
        message: /^Cannot go on with a timer of "p": its process has no onTimer/,
      });
    });
  }

  it("refuses the timers of a snapshot that the process has no onTimer for any more (TMR-04)", () => {
    const before = new Harness(alarms);
    before.batch(["a10", 0]);
    const after = new Harness(of({ onRecord: () => undefined }), {}, before.save());
    after.watermark(9);
    assert.throws(() => after.watermark(10), { code: "CALLBACK_MISSING" });
  });

  for (const time of [Number.NaN, Infinity, -Infinity]) {
    it(`refuses a timer for ${time}`, () => {
      const harness = new Harness(
        of({ onRecord: (_value, context) => context.setEventTimer(time), onTimer: () => undefined }),
      );
      assert.throws(() => harness.batch(["a", 0]), { code: "USER_CODE", message: new RegExp(`timer for ${time}`) });
    });
  }
});

describe("processOperator, of processing timers", () => {
  const later = of({
    onRecord: (value, context) => context.setProcessingTimer(Number(value.slice(1))),
    onTimer: (time, context) => context.emit(`${context.key}@${time}`),
  });

  it("asks to be called when the next one is due, and calls in the order of time", () => {
    const harness = new Harness(later);
    assert.equal(harness.operator.nextTick?.(), undefined);
    harness.batch(["a300", 0], ["b200", 0]);
    assert.equal(harness.operator.nextTick?.(), 200);
    harness.watermark(END_OF_TIME);
    harness.tick(199);
    assert.deepEqual(harness.values, []);
    harness.tick(300);
    assert.deepEqual(harness.outcome.main, [
      ["b@200", 200],
      ["a@300", 300],
    ]);
  });

  it("calls at once for those that fell due while nothing ran (TMR-03, COR-10)", () => {
    const harness = new Harness(later);
    harness.batch(["a300", 0]);
    const again = harness.restored();
    assert.equal(again.operator.nextTick?.(), 300);
    again.tick(1e12);
    assert.deepEqual(again.values, ["a@300"]);
    assert.equal(again.save().entries.size, 0);
  });

  it("keeps the two kinds apart, and takes each back by its own name", () => {
    const harness = new Harness(
      of({
        onRecord: (_value, context) => {
          context.setProcessingTimer(10);
          context.setEventTimer(10);
          context.deleteProcessingTimer(10);
        },
        onTimer: (time, context) => context.emit(`${time}`),
      }),
    );
    harness.batch(["a", 0]);
    harness.tick(10);
    assert.deepEqual(harness.values, []);
    harness.watermark(10);
    assert.deepEqual(harness.values, ["10"]);
  });

  it("gives user code the clock of env", () => {
    const harness = new Harness(of({ onRecord: (_value, context) => context.emit(context.now()) }), {
      now: () => 1234,
    });
    harness.batch(["a", 0]);
    assert.deepEqual(harness.values, [1234]);
  });
});
