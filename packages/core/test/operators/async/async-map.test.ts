import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { manualEnv } from "@tidemark/core/testing";

import { asyncMapOperator } from "../../../src/operators/async/async-map.ts";
import { DONE, FULL, PENDING } from "../../../src/operators/progress.ts";
import type { Key } from "../../../src/state/key-codec.ts";
import { decodeEntryKey } from "../../../src/state/entry-codec.ts";
import { Harness, type HarnessOptions, type Saved, type Timed } from "../harness.ts";

/** Calls that end when the test says so. */
interface Open {
  readonly value: unknown;
  resolve(value: unknown): void;
}

function harnessed(
  options: HarnessOptions & { isOrdered?: boolean; capacity?: number; keyOf?: (value: unknown) => Key } = {},
) {
  const { isOrdered = true, capacity = 3, keyOf } = options;
  const open: Open[] = [];
  const call = (value: unknown): Promise<unknown> => new Promise((resolve) => open.push({ value, resolve }));
  const { env } = manualEnv();
  const factory = asyncMapOperator("look-up", keyOf, {
    call,
    isOrdered,
    capacity,
    timeoutMs: 1_000,
    onTimeout: undefined,
    retry: undefined,
  });
  const harness = new Harness(factory, { env, ...options });
  /** Ends calls, in this order, and lets the operator go on. */
  const end = async (on: Harness, ...values: readonly unknown[]) => {
    for (const value of values) {
      const index = open.findIndex((each) => each.value === value);
      assert.ok(index >= 0, `no call for ${String(value)}`);
      open.splice(index, 1)[0]?.resolve(`${String(value)}!`);
    }
    for (let turn = 0; turn < 10; turn++) await Promise.resolve();
    on.takeEnded();
    return on.resume();
  };
  return { harness, open, end, called: () => open.map(({ value }) => value) };
}

const batch = (...values: readonly unknown[]) => ({
  kind: "batch" as const,
  records: values.map((value, index): Timed => [value, index]),
});

const keysOf = ({ entries }: Saved): readonly Key[] => [...entries.values()].map(({ key }) => decodeEntryKey(key).key);

describe("AsyncMapOperator", () => {
  it("hands results on in order, at the times of their records, and calls for as many as there is room", async () => {
    const { harness, end, called } = harnessed();
    assert.equal(harness.begin(batch("a", "b", "c", "d", "e")), PENDING);
    assert.deepEqual(called(), ["a", "b", "c"]);
    assert.equal(await end(harness, "c", "b"), PENDING);
    assert.deepEqual(harness.values, [], "the first one is still waited for");
    assert.deepEqual(called(), ["a"], "and no other is called for meanwhile");
    assert.equal(await end(harness, "a"), DONE);
    assert.deepEqual(called(), ["d", "e"]);
    await end(harness, "e", "d");
    const expected = ["a", "b", "c", "d", "e"].map((value, index) => [`${value}!`, index]);
    assert.deepEqual(harness.outcome.main, expected);
  });

  it("keeps watermarks behind the results before them, and results behind the watermarks before them (ASY-01)", async () => {
    const { harness, end } = harnessed({ isOrdered: false, capacity: 10 });
    const { operator } = harness;
    harness.begin(batch("a", "b"));
    assert.equal(operator.watermark?.(10), DONE);
    harness.begin(batch("c"));
    assert.equal(operator.watermark?.(20), DONE);
    assert.equal(operator.release?.(), undefined);
    await end(harness, "c", "b");
    assert.deepEqual(harness.values, ["b!"], "c stays behind the watermark 10");
    assert.equal(await end(harness, "a"), PENDING);
    assert.deepEqual(harness.values, ["b!", "a!"]);
    assert.equal(operator.isDrained, false);
    assert.equal(operator.release?.(), 10);
    assert.equal(operator.release?.(), undefined, "once");
    assert.equal(harness.resume(), PENDING);
    assert.deepEqual(harness.values, ["b!", "a!", "c!"]);
    assert.equal(operator.release?.(), 20);
    assert.equal(harness.resume(), DONE);
    assert.equal(operator.isDrained, true);
  });

  it("does not let a watermark pass an output that is full", async () => {
    const { harness, end } = harnessed({ full: true });
    const { operator } = harness;
    harness.begin(batch("a"));
    operator.watermark?.(10);
    assert.equal(await end(harness, "a"), FULL);
    assert.equal(operator.release?.(), undefined);
    assert.equal(harness.resume(), PENDING);
    assert.equal(operator.release?.(), 10);
  });

  it("keeps nothing back when no result is waited for any more", async () => {
    const { harness, end } = harnessed();
    harness.begin(batch("a"));
    assert.equal(harness.operator.isDrained, false);
    await end(harness, "a");
    assert.equal(harness.operator.isDrained, true);
    assert.deepEqual(harness.values, ["a!"]);
  });

  it("has in a checkpoint what is waited for, and nothing when nothing is (ASY-02)", async () => {
    for (const keyOf of [undefined, String]) {
      const { harness, end } = harnessed({ capacity: 10, ...(keyOf === undefined ? {} : { keyOf }) });
      harness.begin(batch("a", "b", "c"));
      await end(harness, "b", "a");
      const saved = harness.save(1);
      assert.equal(saved.entries.size, 1);
      if (keyOf !== undefined) assert.deepEqual(keysOf(saved), ["c"]);
      await end(harness, "c");
      assert.equal(harness.save(2).entries.size, 0);
    }
  });

  it("calls again in their order, and before all others, for what was waited for (ASY-02, COR-26)", async () => {
    const { harness, end, open, called } = harnessed({ capacity: 10 });
    harness.begin(batch("a", "b", "c", "d"));
    await end(harness, "b");
    const saved = harness.save();
    open.length = 0;
    const again = harness.restored(saved);
    assert.deepEqual(called(), ["a", "b", "c", "d"]);
    again.begin(batch("e"));
    again.operator.watermark?.(50);
    await end(again, "e", "d", "c", "b", "a");
    assert.deepEqual(again.values, ["a!", "b!", "c!", "d!", "e!"]);
    assert.equal(again.operator.release?.(), 50);
  });

  it("gives its function no object that a checkpoint holds: what it does to it is not in the next one (COR-26)", () => {
    const { harness, open, called } = harnessed();
    harness.begin(batch({ n: 1 }));
    let running: Harness = harness;
    // For the first time it is given the record itself, then a copy of what was saved.
    for (let life = 1; life <= 3; life++) {
      assert.deepEqual(called(), [{ n: 1 }], `in life ${life}`);
      const [first] = open;
      assert.ok(first !== undefined);
      (first.value as { n: number }).n = 7;
      const saved = running.save();
      open.length = 0;
      running = running.restored(saved);
    }
  });

  it("takes over more than there is room for after a rescale, and then takes nothing else", async () => {
    const half = (subtask: number): HarnessOptions => ({ range: { first: subtask * 64, last: subtask * 64 + 63 } });
    const entries = new Map<string, { readonly key: Uint8Array; readonly value: Uint8Array }>();
    for (const subtask of [0, 1]) {
      const { harness } = harnessed(half(subtask));
      harness.begin(batch(`a${subtask}`, `b${subtask}`, `c${subtask}`));
      for (const [name, entry] of harness.save().entries) entries.set(name, entry);
    }
    assert.equal(entries.size, 6, "what two subtasks keep has different names");
    const { harness, open, end, called } = harnessed();
    const whole = harness.restored({ entries, snapshot: { operatorId: "look-up" } });
    assert.equal(called().length, 3);
    assert.equal(whole.begin(batch("later")), PENDING);
    while (open.length > 0) await end(whole, open[0]?.value);
    assert.equal(whole.values.length, 7);
    assert.equal(whole.values.at(-1), "later!");
    for (const subtask of [0, 1]) {
      const own = whole.values.filter((value) => String(value).endsWith(`${subtask}!`));
      assert.deepEqual(own, [`a${subtask}!`, `b${subtask}!`, `c${subtask}!`]);
    }
  });

  it("keeps keyless records in key groups of its own subtask, spread over them", () => {
    const range = { first: 32, last: 63 };
    const { harness } = harnessed({ range, capacity: 200 });
    harness.begin(batch(...Array.from({ length: 200 }, (_, index) => `r${index}`)));
    const groups = [...harness.save().entries.values()].map(({ key }) => decodeEntryKey(key).keyGroup);
    assert.equal(groups.length, 200);
    for (const group of groups) assert.ok(group >= range.first && group <= range.last);
    assert.ok(new Set(groups).size > 16, "a rescale can divide them");
  });
});
