import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { processOperator } from "../../src/operators/process.ts";
import { sideOutput } from "../../src/operators/side-output.ts";
import { mapState } from "../../src/state/kinds/map.ts";
import { valueState } from "../../src/state/kinds/value.ts";
import { NO_TIMESTAMP } from "../../src/time/timestamps.ts";
import { Harness, inBatches, MANY, type Timed, verifyOperator } from "./harness.ts";
import { inOrder, of } from "./string-process.ts";

describe("processOperator, of state", () => {
  const counting = of({
    state: { count: valueState(0), seen: mapState<string, number>() },
    onRecord: (value, context) => {
      const count = context.state.count.get() + 1;
      context.state.count.update(count);
      context.state.seen.set(value, (context.state.seen.get(value) ?? 0) + 1);
      context.emit(`${context.key}:${count}:${[...context.state.seen.entries()].length}`);
    },
  });

  for (const size of [1, 2, 6]) {
    it(`keeps it by key, through restores at each step, in batches of ${size}`, () => {
      const { main } = verifyOperator(counting, inBatches(inOrder("a1", "b1", "a1", "a2", "b1", "a1"), size));
      assert.deepEqual(main, [
        ["a:1:1", 0],
        ["b:1:1", 1],
        ["a:2:1", 2],
        ["a:3:2", 3],
        ["b:2:1", 4],
        ["a:4:2", 5],
      ]);
    });
  }

  it("keeps what is written after the last entry of the key was cleared, in the same call", () => {
    const { main } = verifyOperator(
      of({
        state: { one: valueState(0), other: valueState(0) },
        onRecord: (_value, context) => {
          context.emit(context.state.other.get());
          context.state.one.update(1);
          context.state.one.clear();
          context.state.other.update(context.state.other.get() + 1);
        },
      }),
      inBatches(inOrder("a", "a", "a"), 1),
    );
    assert.deepEqual(
      main.map(([value]) => value),
      [0, 1, 2],
    );
  });

  it("keeps what is written after the last timer of the key was taken back, in the same call", () => {
    const { main } = verifyOperator(
      of({
        state: { count: valueState(0) },
        onRecord: (_value, context) => {
          const count = context.state.count.get();
          context.emit(count);
          if (count === 0) {
            context.setEventTimer(1000);
            context.deleteEventTimer(1000);
          }
          context.state.count.update(count + 1);
        },
        onTimer: () => assert.fail("it was taken back"),
      }),
      inBatches(inOrder("a", "a", "a"), 2),
    );
    assert.deepEqual(
      main.map(([value]) => value),
      [0, 1, 2],
    );
  });

  it("holds in a snapshot what values were at the barrier, though user code changes them in place (ST-03, COR-27)", () => {
    const harness = new Harness(
      of({
        state: { items: valueState<string[] | undefined>(undefined) },
        onRecord: (value, context) => {
          // Against the types: a program in plain JavaScript may do so.
          const items = (context.state.items.get() ?? []) as string[];
          items.push(value);
          context.state.items.update(items);
          context.emit(items.slice());
        },
      }),
    );
    harness.batch(["a1", 0]);
    const cut = harness.cut();
    harness.batch(["a2", 0]);
    const again = harness.restored(harness.write(cut));
    again.batch(["a3", 0]);
    assert.deepEqual(again.values, [["a1", "a3"]]);
  });

  it("refuses state outside of a call with STATE_NO_KEY", () => {
    let get: () => number = () => 0;
    const harness = new Harness(
      of({
        state: { count: valueState(0) },
        onRecord: (_value, context) => {
          get = () => context.state.count.get();
        },
      }),
    );
    harness.batch(["a", 0]);
    assert.throws(get, { code: "STATE_NO_KEY" });
  });
});

describe("processOperator, of times", () => {
  const telling = of({
    onRecord: (_value, context) => context.emit(`${context.timestamp} ${context.watermark}`),
  });

  it("tells the record's time and the event time reached", () => {
    const harness = new Harness(telling);
    harness.batch(["a", 7]);
    harness.watermark(5);
    harness.batch(["a", 8], ["a", NO_TIMESTAMP]);
    assert.deepEqual(harness.values, ["7 -Infinity", "8 5", "-Infinity 5"]);
  });

  it("tells the event time that the key had reached before a restore, though the inputs begin again (COR-08)", () => {
    const harness = new Harness(telling);
    harness.watermark(50);
    const again = harness.restored();
    again.batch(["a", 40]);
    again.watermark(20);
    again.batch(["a", 40]);
    again.watermark(60);
    again.batch(["a", 40]);
    assert.deepEqual(again.values, ["40 50", "40 50", "40 60"]);
  });
});

describe("processOperator, of outputs", () => {
  const odd = sideOutput<string>("odd");

  it("emits any number of results, and into side outputs, at full outputs and in slices", () => {
    const process = of({
      onRecord: (value, context) => {
        const n = Number(value.slice(1));
        for (let i = 0; i < n; i++) {
          context.emit(`${value}-${i}`);
          if (i % 2 === 1) context.output(odd, `${value}-${i}`);
        }
      },
    });
    const counts = [0, 3, 1, 700, 2, 700, 5];
    const records = counts.map((count, index): Timed => [`a${count}`, index]);
    const { main, sides } = verifyOperator(process, inBatches(records, 4));
    const expected = counts.flatMap((count, index) =>
      Array.from({ length: count }, (_, i): Timed => [`a${count}-${i}`, index]),
    );
    assert.deepEqual(main, expected);
    assert.deepEqual(
      sides["odd"],
      expected.filter(([value]) => Number((value as string).split("-")[1]) % 2 === 1),
    );
  });

  it("hands results on in batches, not one by one", () => {
    const harness = new Harness(of({ onRecord: (value, context) => context.emit(value) }));
    harness.batch(...Array.from({ length: MANY }, (_, index): Timed => [`a${index}`, index]));
    assert.ok(harness.batches <= 4);
    assert.equal(harness.values.length, MANY);
  });

  it("names itself when user code throws, in a record, a timer or the key selector", () => {
    const fail = (): never => {
      throw new Error("no");
    };
    const onRecord = new Harness(of({ onRecord: fail }));
    assert.throws(() => onRecord.batch(["a", 0]), {
      code: "USER_CODE",
      message: 'Cannot go on: onRecord of "p" threw: no',
    });
    const onTimer = new Harness(of({ onRecord: (_value, context) => context.setEventTimer(1), onTimer: fail }));
    onTimer.batch(["a", 0]);
    assert.throws(() => onTimer.watermark(1), { code: "USER_CODE", message: 'Cannot go on: onTimer of "p" threw: no' });
    const keyOf = new Harness(processOperator("p", fail, { onRecord: () => undefined }));
    assert.throws(() => keyOf.batch(["a", 0]), {
      code: "USER_CODE",
      details: { operator: "p", call: "onRecord", record: '"a"', timestamp: 0 },
    });
  });
});
