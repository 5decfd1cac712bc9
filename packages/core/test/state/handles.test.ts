import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { mapState, valueState } from "../../src/state/kinds/with-options.ts";
import { splitListState } from "../../src/state/operator-state/split-list.ts";
import { operatorShapes } from "../../src/state/operator-state/operator-states.ts";
import { bindHandles, slotsOf } from "../../src/state/handles.ts";
import { KeyContext } from "../../src/state/key-context.ts";
import type { Key } from "../../src/state/key-codec.ts";
import { tableOf, TableStore } from "./table-store.ts";

function stateful() {
  const descriptors = { total: valueState(0), last: valueState<string>(), seen: mapState<Key, string>() };
  const table = tableOf(slotsOf(descriptors));
  const context = new KeyContext("op");
  const state = bindHandles(descriptors, table, context);
  const at = (key: Key): void => {
    const row = table.row(table.space(null), key);
    table.hold(row);
    context.row = row;
  };
  const leave = (): void => {
    table.hold(undefined);
    context.row = undefined;
  };
  return { table, state, at, leave };
}

describe("ValueState", () => {
  it("gives the initial value until it is updated, and again after it is cleared (ST-01)", () => {
    const { state, at } = stateful();
    at("a");
    assert.equal(state.total.get(), 0);
    assert.equal(state.last.get(), undefined);
    state.total.update(5);
    assert.equal(state.total.get(), 5);
    state.total.clear();
    assert.equal(state.total.get(), 0);
    state.total.clear();
  });

  it("is about the current key alone", () => {
    const { state, at } = stateful();
    at("a");
    state.total.update(1);
    at("b");
    assert.equal(state.total.get(), 0);
    state.total.update(2);
    at("a");
    assert.equal(state.total.get(), 1);
  });

  it("tells a stored undefined from nothing stored", () => {
    const { table, state, at, leave } = stateful();
    at("a");
    state.last.update("x");
    state.last.update(undefined);
    leave();
    assert.deepEqual(new TableStore().drain(table.freeze()), { puts: 1, deletes: 0 });
  });

  it("keeps what is written after the last entry of the key was cleared, in the same call", () => {
    const { table, state, at, leave } = stateful();
    at("a");
    state.total.update(1);
    state.total.clear();
    state.last.update("kept");
    leave();
    at("a");
    assert.equal(state.last.get(), "kept");
    leave();
    assert.deepEqual(new TableStore().drain(table.freeze()), { puts: 1, deletes: 0 });
  });

  it("keeps no row for a key that was only looked at", () => {
    const { table, state, at, leave } = stateful();
    for (let key = 0; key < 100; key++) {
      at(key);
      state.total.get();
      state.seen.get("x");
      state.seen.has("x");
      state.seen.delete("x");
      state.seen.clear();
      assert.deepEqual([...state.seen.entries()], []);
    }
    leave();
    assert.equal(table.space(null).size, 0);
  });
});

describe("MapState", () => {
  it("gets, has, sets, deletes and lists entries one by one (ST-01)", () => {
    const { state, at } = stateful();
    at("a");
    assert.equal(state.seen.get("x"), undefined);
    assert.equal(state.seen.has("x"), false);
    state.seen.set("x", "1");
    state.seen.set("y", "2");
    state.seen.set(["x", 1], "3");
    state.seen.set("x", "4");
    assert.equal(state.seen.get("x"), "4");
    assert.equal(state.seen.get(["x", 1]), "3");
    assert.deepEqual(
      [...state.seen.entries()],
      [
        ["x", "4"],
        ["y", "2"],
        [["x", 1], "3"],
      ],
    );
    state.seen.delete("x");
    state.seen.delete("x");
    assert.equal(state.seen.has("x"), false);
    assert.deepEqual([...state.seen.entries()].length, 2);
    state.seen.clear();
    assert.deepEqual([...state.seen.entries()], []);
    state.seen.set("z", "5");
    assert.deepEqual([...state.seen.entries()], [["z", "5"]]);
  });

  it("tells apart keys of different types that look alike", () => {
    const { state, at } = stateful();
    at("a");
    const keys: readonly Key[] = ["1", 1, 1n, true, null, ["1"], "s1", "c1", new Date(1), Uint8Array.of(49)];
    for (const [index, key] of keys.entries()) state.seen.set(key, `${index}`);
    for (const [index, key] of keys.entries()) assert.equal(state.seen.get(key), `${index}`);
  });

  it("can be emptied while it is listed", () => {
    const { state, at } = stateful();
    at("a");
    for (let i = 0; i < 10; i++) state.seen.set(i, "x");
    for (const [key] of state.seen.entries()) state.seen.delete(key);
    assert.deepEqual([...state.seen.entries()], []);
  });

  it("lists the entries of the key that was current when it was asked", () => {
    const { state, at } = stateful();
    at("a");
    state.seen.set("x", "of a");
    const entries = state.seen.entries();
    at("b");
    state.seen.set("x", "of b");
    assert.deepEqual([...entries], [["x", "of a"]]);
  });
});

describe("Keyed state outside of a record or a timer", () => {
  const { state } = stateful();
  const uses: readonly (readonly [string, () => unknown])[] = [
    ["value.get", () => state.total.get()],
    ["value.update", () => state.total.update(1)],
    ["value.clear", () => state.total.clear()],
    ["map.get", () => state.seen.get("x")],
    ["map.has", () => state.seen.has("x")],
    ["map.set", () => state.seen.set("x", "1")],
    ["map.delete", () => state.seen.delete("x")],
    ["map.entries", () => state.seen.entries()],
    ["map.clear", () => state.seen.clear()],
  ];
  for (const [name, use] of uses) {
    it(`is refused with STATE_NO_KEY: ${name}`, () => {
      assert.throws(use, { code: "STATE_NO_KEY", message: /operator "op"/, details: { operator: "op" } });
    });
  }
});

describe("slotsOf", () => {
  it("gives the states in the order of declaration", () => {
    const slots = slotsOf({ b: valueState(1, { version: 3, migrate: { 2: () => 1 } }), a: mapState() });
    assert.deepEqual(
      slots.map(({ name, kind, version }) => [name, kind, version]),
      [
        ["b", "value", 3],
        ["a", "map", 0],
      ],
    );
  });

  for (const name of ["$event-timers", "$anything"]) {
    it(`refuses "${name}": such names are the engine's own`, () => {
      assert.throws(() => slotsOf({ [name]: valueState(1) }), {
        code: "OPTION_INVALID",
        message: new RegExp(`state "\\${name}"`),
      });
    });
  }
});

describe("the name of a state", () => {
  const tag = splitListState<string>();
  const named = {
    "in brackets": { ["__proto__"]: valueState(0) },
    "in brackets, of a subtask": { ["__proto__"]: tag },
    // Without them it is no property at all.
    "as it stands": { __proto__: valueState(0), other: valueState(0) },
    "as it stands, of a subtask": { __proto__: tag, other: tag },
  };
  for (const [how, states] of Object.entries(named)) {
    it(`cannot be __proto__, written ${how} (OPTION_INVALID)`, () => {
      const declare = (): unknown =>
        how.includes("subtask") ? operatorShapes("op", states as never) : slotsOf(states as never);
      assert.throws(declare, {
        code: "OPTION_INVALID",
        message:
          'Cannot declare state "__proto__": for JavaScript that is the prototype of an object. Give it another name',
      });
    });
  }

  it("may be that of anything else an object has", () => {
    const descriptors = {
      constructor: valueState(1),
      toString: valueState(2),
      kind: valueState(3),
      slot: valueState(4),
    };
    const table = tableOf(slotsOf(descriptors));
    const context = new KeyContext("op");
    const state = bindHandles(descriptors, table, context);
    context.row = table.row(table.space(null), "a");
    assert.deepEqual(
      [state.constructor, state.toString, state.kind, state.slot].map((handle) => handle.get()),
      [1, 2, 3, 4],
    );
  });
});
