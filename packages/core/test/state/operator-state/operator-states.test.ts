import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { broadcastState } from "../../../src/state/operator-state/broadcast.ts";
import { OperatorStates } from "../../../src/state/operator-state/operator-states.ts";
import { splitListState } from "../../../src/state/operator-state/split-list.ts";
import { unionListState } from "../../../src/state/operator-state/union-list.ts";
import { gatherParts, type StateItems } from "../../../src/state/operator-state/stored.ts";
import type { StandardSchema } from "../../../src/state/standard-schema.ts";
import { decodeValue } from "../../../src/state/value-codec.ts";

const valuesOf = (states: readonly StateItems[], state = 0): readonly unknown[] =>
  (states[state]?.items ?? []).map(({ value }) => decodeValue(value));

const positive: StandardSchema<unknown, number> = {
  "~standard": {
    version: 1,
    vendor: "test",
    validate: (value) =>
      (value as number) > 0 ? { value: value as number } : { issues: [{ message: "Expected more than 0" }] },
  },
};

describe("OperatorStates.freeze", () => {
  it("is not reached by what is written after it, of a list", () => {
    const { handles, ...states } = frozenOf({ list: splitListState<number>() });
    handles.list.addAll([1, 2]);
    const first = states.freeze();
    handles.list.add(3);
    const second = states.freeze();
    handles.list.update([4]);
    const third = states.freeze();
    handles.list.clear();
    const fourth = states.freeze();
    handles.list.add(5);
    const found = [first, second, third, fourth].map((frozen) => valuesOf(frozen()));
    assert.deepEqual(found, [[1, 2], [1, 2, 3], [4], []]);
    assert.deepEqual(handles.list.get(), [5]);
  });

  it("is not reached by what is written after it, of a broadcast state", () => {
    const { handles, ...states } = frozenOf({ map: broadcastState<string, number>() });
    handles.map.set("a", 1);
    const first = states.freeze();
    handles.map.set("a", 2);
    handles.map.set("b", 3);
    const second = states.freeze();
    handles.map.delete("a");
    handles.map.delete("never there");
    const third = states.freeze();
    handles.map.clear();
    const fourth = states.freeze();
    handles.map.set("c", 5);
    const found = [first, second, third, fourth].map((frozen) => valuesOf(frozen()));
    assert.deepEqual(found, [[1], [2, 3], [3], []]);
  });

  it("encodes nothing again: what was written once has its bytes", () => {
    const { handles, freeze } = frozenOf({ list: splitListState<number>(), map: broadcastState<string, number>() });
    handles.list.add(1);
    handles.map.set("a", 1);
    const before = freeze()().map(({ items }) => items[0]?.value);
    handles.list.add(2);
    handles.map.set("b", 2);
    const after = freeze()().map(({ items }) => items[0]?.value);
    before.forEach((bytes, state) => assert.equal(after[state], bytes));
  });

  it("has the bytes of a value as it was when it was given: changing it in place later changes no checkpoint", () => {
    const states = new OperatorStates("op", { list: splitListState<{ n: number }>() });
    const value = { n: 1 };
    states.handles.list.add(value);
    const frozen = states.freeze();
    value.n = 2;
    assert.deepEqual(valuesOf(frozen()), [{ n: 1 }]);
  });
});

function frozenOf<S extends ConstructorParameters<typeof OperatorStates>[1]>(
  descriptors: S,
): Pick<OperatorStates<S>, "handles"> & { readonly freeze: () => () => readonly StateItems[] } {
  const states = new OperatorStates("op", descriptors, { strict: true });
  return { handles: states.handles, freeze: () => states.freeze() };
}

describe("operator state, of what cannot be kept", () => {
  it("refuses a value that cannot be stored, at once and by name", () => {
    const { handles } = new OperatorStates("op", { list: splitListState<unknown>() });
    assert.throws(() => handles.list.add({ f: () => 1 }), {
      code: "VALUE_UNSUPPORTED",
      message: /^Cannot keep state "list" of operator "op": .*\$\.f/,
    });
    assert.deepEqual(handles.list.get(), []);
  });

  it("is bounded in memory: refuses what would be too much, with nothing changed, and takes more when something has gone (ST-02)", () => {
    const states = { list: splitListState<string>(), map: broadcastState<string, string>() };
    const { handles } = new OperatorStates("op", states, { limitBytes: 300 });
    handles.map.set("a", "x".repeat(100));
    handles.list.add("y".repeat(100));
    const tooLarge = { code: "STATE_TOO_LARGE", message: /operator state "\w+" of "op": .* and 300 is the most/ };
    assert.throws(() => handles.list.add("z".repeat(100)), tooLarge);
    assert.throws(() => handles.list.update(["z".repeat(201)]), tooLarge);
    assert.throws(() => handles.map.set("a", "x".repeat(201)), tooLarge);
    assert.throws(() => handles.map.set("b", "x".repeat(100)), tooLarge);
    assert.deepEqual([handles.list.get(), [...handles.map.entries()]], [["y".repeat(100)], [["a", "x".repeat(100)]]]);
    handles.map.delete("a");
    handles.list.update(["z".repeat(150)]);
    handles.list.clear();
    handles.map.set("b", "x".repeat(150));
    handles.map.clear();
    handles.list.add("y".repeat(200));
  });

  it("takes whatever a restore brings, and then only what makes it less", () => {
    const descriptors = { list: splitListState<string>() };
    const kept = [0, 1].map((subtask) => {
      const { handles, freeze } = frozenOf(descriptors);
      handles.list.add("x".repeat(200));
      return { subtask, states: freeze()() };
    });
    const states = new OperatorStates("op", descriptors, { limitBytes: 300 });
    states.restore(gatherParts("op", 2, kept), 0, 1);
    assert.equal(states.handles.list.get().length, 2);
    assert.throws(() => states.handles.list.add("y"), { code: "STATE_TOO_LARGE" });
    states.handles.list.update(states.handles.list.get().slice(1));
    states.handles.list.add("y");
  });

  it("in development freezes what it keeps, and asks the schema", () => {
    const { handles } = frozenOf({
      list: splitListState<{ n: number }>(),
      map: broadcastState<string, number>({ schema: positive }),
    });
    const value = { n: 1 };
    handles.list.add(value);
    assert.throws(() => (value.n = 2), TypeError);
    assert.throws(() => handles.map.set("a", 0), {
      code: "STATE_INCOMPATIBLE",
      message: /the schema of state "map" of operator "op" refuses it: \$: Expected more than 0/,
    });
  });
});

describe("operator state, after a restore", () => {
  it("in development is frozen as what is written is, whichever handle gives it out", () => {
    const states = {
      list: splitListState<{ n: number }>(),
      union: unionListState<{ n: number }>(),
      map: broadcastState<string, { n: number }>(),
    };
    const before = frozenOf(states);
    before.handles.list.add({ n: 1 });
    before.handles.union.add({ n: 1 });
    before.handles.map.set("a", { n: 1 });
    const after = new OperatorStates("op", states, { strict: true });
    after.restore(gatherParts("op", 1, [{ subtask: 0, states: before.freeze()() }]), 0, 1);
    const { list, union, map } = after.handles;
    const given = [list.get()[0], union.get()[0], union.restored()[0], map.get("a"), [...map.entries()][0]?.[1]];
    assert.deepEqual(
      given,
      Array.from({ length: 5 }, () => ({ n: 1 })),
    );
    for (const value of given as readonly { n: number }[]) assert.throws(() => value.n++, TypeError);
  });
});

describe("OperatorStates.restore, of another version", () => {
  const written = frozenOf({ list: splitListState<number>(), map: broadcastState<string, number>() });
  written.handles.list.addAll([1, 2]);
  written.handles.map.set("a", -3);
  const stored = gatherParts("op", 1, [{ subtask: 0, states: written.freeze()() }]);

  it("migrates all of it at once, and the next checkpoint has the new one", () => {
    const migrate = { 0: (n: number) => n + 1, 1: (n: number) => ({ n }) };
    const states = new OperatorStates("op", { list: splitListState<{ n: number }>({ version: 2, migrate }) });
    states.restore(stored, 0, 1);
    assert.deepEqual(states.handles.list.get(), [{ n: 2 }, { n: 3 }]);
    const next = states.freeze()();
    assert.deepEqual([next[0]?.version, valuesOf(next)], [2, [{ n: 2 }, { n: 3 }]]);
  });

  it("refuses what the schema refuses, with both shapes", () => {
    const states = new OperatorStates("op", { map: broadcastState<string, number>({ schema: positive }) });
    assert.throws(() => states.restore(stored, 0, 1), {
      code: "STATE_INCOMPATIBLE",
      message:
        /^Cannot read a stored value: found number of version 0, and the schema of state "map" of operator "op" refuses it/,
    });
  });

  it("names the migration that throws", () => {
    const migrate = {
      0: () => {
        throw new Error("no");
      },
    };
    const states = new OperatorStates("op", { list: splitListState({ version: 1, migrate }) });
    assert.throws(() => states.restore(stored, 0, 1), {
      code: "STATE_INCOMPATIBLE",
      message: /the migration of state "list" of operator "op" from version 0 to 1 threw: no/,
    });
  });
});
