/** What becomes of operator state when the number of subtasks changes, or does not. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";

import fc from "fast-check";

import { broadcastState } from "../../../src/state/operator-state/broadcast.ts";
import type { OperatorStates } from "../../../src/state/operator-state/operator-states.ts";
import { splitListState } from "../../../src/state/operator-state/split-list.ts";
import { unionListState } from "../../../src/state/operator-state/union-list.ts";
import { check } from "../../bytes/property.ts";
import { open, save } from "./dealt.ts";

const PARALLELISMS = [1, 2, 3, 5] as const;
const sorted = (items: readonly number[]): readonly number[] => items.toSorted((a, b) => a - b);

type Lists = {
  readonly one: ReturnType<typeof splitListState<number>>;
  readonly two: ReturnType<typeof splitListState<number>>;
};

/** The lists of all subtasks, by subtask. */
const listsOf = (subtasks: readonly OperatorStates<Lists>[], name: "one" | "two"): readonly (readonly number[])[] =>
  subtasks.map(({ handles }) => handles[name].get());

describe("a split list", () => {
  const lists: Lists = { one: splitListState<number>(), two: splitListState<number>() };

  it("keeps its items and deals them out evenly, 3 to 2 to 5 with 7 of them (RSC-04)", () => {
    const three = open(lists, 3);
    three[0]?.handles.one.addAll([1, 2, 3, 4]);
    three[2]?.handles.one.addAll([5, 6, 7]);
    const two = open(lists, 2, save(three));
    assert.deepEqual(listsOf(two, "one"), [
      [1, 3, 5, 7],
      [2, 4, 6],
    ]);
    const five = open(lists, 5, save(two));
    assert.deepEqual(sorted(listsOf(five, "one").flat()), [1, 2, 3, 4, 5, 6, 7]);
    assert.deepEqual(
      listsOf(five, "one").map(({ length }) => length),
      [2, 2, 1, 1, 1],
    );
  });

  it("goes on with the next subtask where the list before it has ended, so that small lists do not meet in one (RSC-04)", () => {
    const one = open(lists, 1);
    one[0]?.handles.one.add(1);
    one[0]?.handles.two.add(2);
    const two = open(lists, 2, save(one));
    assert.deepEqual(
      [listsOf(two, "one"), listsOf(two, "two")],
      [
        [[1], []],
        [[], [2]],
      ],
    );
  });

  for (const before of PARALLELISMS) {
    for (const after of PARALLELISMS) {
      it(`${before} to ${after}: loses and doubles nothing, and no subtask has two more than another (RSC-04)`, () => {
        const kept = fc.array(fc.array(fc.integer({ min: 0, max: 9 }), { maxLength: 6 }), {
          minLength: before,
          maxLength: before,
        });
        check(
          fc.property(kept, kept, (one, two) => {
            const from = open(lists, before);
            from.forEach(({ handles }, subtask) => {
              handles.one.addAll(one[subtask] ?? []);
              handles.two.addAll(two[subtask] ?? []);
            });
            const to = open(lists, after, save(from));
            for (const [name, items] of [
              ["one", one],
              ["two", two],
            ] as const) {
              const dealt = listsOf(to, name);
              assert.deepEqual(sorted(dealt.flat()), sorted(items.flat()));
              if (before === after) assert.deepEqual(dealt, items);
              const sizes = dealt.map(({ length }) => length);
              assert.ok(before === after || Math.max(...sizes) - Math.min(...sizes) <= 1);
            }
          }),
          30,
        );
      });
    }
  }
});

describe("a union list", () => {
  const lists = { seen: unionListState<number>() };
  const own = (subtasks: readonly OperatorStates<typeof lists>[]): readonly (readonly number[])[] =>
    subtasks.map(({ handles }) => handles.seen.get());

  for (const before of PARALLELISMS) {
    for (const after of PARALLELISMS) {
      it(`${before} to ${after}: everybody sees everything, and three restores multiply nothing (RSC-05)`, () => {
        const from = open(lists, before);
        from.forEach(({ handles }, subtask) => handles.seen.addAll([subtask * 10, subtask * 10 + 1]));
        const everything = sorted(own(from).flat());
        let stored = save(from);
        for (let restores = 0; restores < 3; restores++) {
          const to = open(lists, after, stored);
          for (const { handles } of to) assert.deepEqual(sorted(handles.seen.restored()), everything);
          assert.deepEqual(sorted(own(to).flat()), everything);
          stored = save(to);
        }
      });
    }
  }

  it("sees nothing of others at a first start, and what is added later is its own", () => {
    const [first, second] = open(lists, 2);
    first?.handles.seen.add(1);
    assert.deepEqual([first?.handles.seen.restored(), second?.handles.seen.restored()], [[], []]);
    const [again] = open(lists, 1, save(open(lists, 1, save([first as OperatorStates<typeof lists>]))));
    again?.handles.seen.add(2);
    assert.deepEqual([again?.handles.seen.restored(), again?.handles.seen.get()], [[1], [1, 2]]);
  });
});

describe("a broadcast state", () => {
  const maps = { limits: broadcastState<string | readonly [string, number], number>() };
  const entries = ({ handles }: OperatorStates<typeof maps>): readonly unknown[] =>
    [...handles.limits.entries()].toSorted((a, b) => (String(a[0]) < String(b[0]) ? -1 : 1));

  for (const before of PARALLELISMS) {
    for (const after of PARALLELISMS) {
      it(`${before} to ${after}: every copy is the same (RSC-06)`, () => {
        const from = open(maps, before);
        from.forEach(({ handles }, subtask) => {
          // In different orders, as records of several writers may come.
          const puts = [["a", 1] as const, [["b", 2], 2] as const, ["c", 3] as const];
          for (const [key, value] of subtask % 2 === 0 ? puts : puts.toReversed()) handles.limits.set(key, value);
        });
        const stored = save(from);
        assert.equal(stored.states[0]?.parts.length, 1, "equal copies are stored once");
        for (const copy of open(maps, after, stored)) {
          assert.deepEqual(entries(copy), entries(from[0] as OperatorStates<typeof maps>));
          assert.equal(copy.handles.limits.get(["b", 2]), 2);
        }
      });
    }
  }

  it("gives new subtasks the copies of the others in turn, where they differ (RSC-06)", () => {
    const from = open(maps, 2);
    from.forEach(({ handles }, subtask) => handles.limits.set("subtask", subtask));
    const copies = (parallelism: number): readonly unknown[] =>
      open(maps, parallelism, save(from)).map(({ handles }) => handles.limits.get("subtask"));
    assert.deepEqual([copies(1), copies(2), copies(5)], [[0], [0, 1], [0, 1, 0, 1, 0]]);
  });

  it("does not take a full copy for one that was empty (RSC-06)", () => {
    const from = open(maps, 2);
    from[1]?.handles.limits.set("only here", 1);
    const [first, second] = open(maps, 2, save(from));
    assert.deepEqual([first?.handles.limits.has("only here"), second?.handles.limits.has("only here")], [false, true]);
  });
});
