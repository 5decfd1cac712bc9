import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { deepFreeze } from "../../../src/state/deep-freeze.ts";
import { aggregatingState } from "../../../src/state/kinds/aggregating.ts";
import { listState } from "../../../src/state/kinds/list.ts";
import { reducingState } from "../../../src/state/kinds/reducing.ts";
import { mapState, valueState } from "../../../src/state/kinds/with-options.ts";
import { Stateful } from "./stateful.ts";

const declare = () => ({
  value: valueState<unknown>({ deep: [1] }),
  map: mapState<string, unknown>(),
  list: listState<unknown>(),
  reducing: reducingState<unknown>((_, last) => last),
  aggregating: aggregatingState<unknown, unknown[], number>({
    create: () => [],
    add: (all, item) => [...all, item],
    result: (all) => all.length,
  }),
});

const BAD = { fields: [{ callback: () => 1 }] };

const UPDATES: readonly (readonly [
  string,
  string,
  (subject: Stateful<ReturnType<typeof declare>>, value: unknown) => void,
])[] = [
  ["value", "$.fields[0].callback", (subject, value) => subject.at(["k", 1], (state) => state.value.update(value))],
  ["map", "$.fields[0].callback", (subject, value) => subject.at(["k", 1], (state) => state.map.set("a", value))],
  ["list", "$.fields[0].callback", (subject, value) => subject.at(["k", 1], (state) => state.list.add(value))],
  [
    "reducing",
    "$.fields[0].callback",
    (subject, value) =>
      subject.at(["k", 1], (state) => {
        state.reducing.add(1);
        state.reducing.add(value);
      }),
  ],
  [
    "aggregating",
    "$[0].fields[0].callback",
    (subject, value) => subject.at(["k", 1], (state) => state.aggregating.add(value)),
  ],
];

describe("In development", () => {
  for (const [state, path, update] of UPDATES) {
    it(`an update of a ${state} state is checked at once, with the path to what cannot be kept (VALUE_UNSUPPORTED)`, () => {
      assert.throws(() => update(new Stateful(declare(), { strict: true }), BAD), {
        code: "VALUE_UNSUPPORTED",
        message: `Cannot keep state "${state}" of operator "op", key ["k", 1]: ${path} is the function callback`,
        details: { operator: "op", state, key: ["k", 1], path, found: "the function callback" },
      });
    });
  }

  it("what state gives out is frozen through and through, and so is what it was given", () => {
    const subject = new Stateful(declare(), { strict: true });
    const given = { deep: [{ at: 1 }] };
    subject.at("k", ({ value, map, list }) => {
      assert.throws(() => (value.get() as { deep: number[] }).deep.push(2), TypeError, "the initial value");
      value.update(given);
      map.set("a", { deep: [1] });
      list.add({ deep: [1] });
      assert.throws(() => given.deep.push({ at: 2 }), TypeError);
      assert.throws(() => ((value.get() as typeof given).deep[0] as { at: number }).at++, TypeError);
      assert.throws(() => (map.get("a") as { deep: number[] }).deep.push(2), TypeError);
      assert.throws(
        () => [...map.entries()].forEach(([, value]) => (value as { deep: number[] }).deep.push(2)),
        TypeError,
      );
      assert.throws(() => (list.get() as unknown[]).push(2), TypeError);
      assert.throws(() => (list.get()[0] as { deep: number[] }).deep.push(2), TypeError);
    });
    const again = new Stateful(declare(), { strict: true }).restore(subject.save());
    assert.throws(() => again.at("k", ({ value }) => (value.get() as typeof given).deep.push({ at: 2 })), TypeError);
  });
});

describe("In production", () => {
  for (const [state, path, update] of UPDATES) {
    it(`a ${state} that cannot be kept fails with the checkpoint, by operator, state, key and path (VALUE_UNSUPPORTED)`, () => {
      const subject = new Stateful(declare());
      update(subject, BAD);
      assert.throws(() => subject.save(), {
        code: "VALUE_UNSUPPORTED",
        details: {
          operator: "op",
          state,
          key: ["k", 1],
          path: state === "list" ? `$[0]${path.slice(1)}` : path,
          found: "the function callback",
        },
      });
    });
  }
});

describe("deepFreeze", () => {
  it("reaches what maps, sets and fields hold, goes round a cycle once, and leaves binary data alone", () => {
    const item = { a: 1 };
    const cycle: { self?: unknown } = {};
    cycle.self = cycle;
    const value = { map: new Map([[{ key: 1 }, [item]]]), set: new Set([{ b: 1 }]), bytes: new Uint8Array(2), cycle };
    deepFreeze(value);
    assert.ok(Object.isFrozen(item) && Object.isFrozen(cycle) && [...value.set].every(Object.isFrozen));
    assert.ok([...value.map.keys()].every(Object.isFrozen));
    value.bytes[0] = 1;
    assert.equal(value.bytes[0], 1);
  });
});
