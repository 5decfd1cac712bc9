/** A call that throws at any point, between any writes, is as if it had never been made. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { filterOperator } from "../../src/operators/filter.ts";
import { flatMapOperator } from "../../src/operators/flat-map.ts";
import { mapOperator } from "../../src/operators/map.ts";
import type { OperatorFactory } from "../../src/operators/operator.ts";
import { type AnyKeyedProcess, type KeyedProcess, processOperator } from "../../src/operators/process.ts";
import { reduceOperator } from "../../src/operators/reduce.ts";
import { sideOutput } from "../../src/operators/side-output.ts";
import { listState } from "../../src/state/kinds/list.ts";
import { mapState } from "../../src/state/kinds/map.ts";
import { reducingState } from "../../src/state/kinds/reducing.ts";
import { valueState } from "../../src/state/kinds/value.ts";
import { END_OF_TIME } from "../../src/time/timestamps.ts";
import { check } from "../bytes/property.ts";
import { assertAbsent, type Between, poisonOf, runBetween, without } from "./atomic-runs.ts";
import { type Call, type HarnessOptions, inBatches, type Timed } from "./harness.ts";

/** What a call does, one after the other. Numbers choose what it does it to. */
type Act = readonly [kind: (typeof KINDS)[number], on: number];

const KINDS = [
  "value",
  "mutate",
  "clear value",
  "add to list",
  "clear list",
  "sum",
  "put",
  "delete",
  "fill map",
  "clear map",
  "set timer",
  "delete timer",
  "set processing timer",
  "emit",
  "emit aside",
] as const;

interface Item {
  readonly key: number;
  readonly acts: readonly Act[];
  /** Before which act it throws; -1: as soon as its key is asked for; more than there are: not at all. */
  readonly throwsAt: number;
}

const acts: fc.Arbitrary<readonly Act[]> = fc.array(fc.tuple(fc.constantFrom(...KINDS), fc.nat(5)), { maxLength: 6 });

const item: fc.Arbitrary<Item> = fc.record(
  { key: fc.nat(2), acts, throwsAt: fc.oneof(fc.constant(99), fc.integer({ min: -1, max: 6 })) },
  { noNullPrototype: true },
);

const isPoison = (value: unknown): boolean => {
  const { throwsAt, acts: all } = value as Item;
  return throwsAt <= all.length;
};

const between: fc.Arbitrary<readonly Between[]> = fc.array(
  fc.constantFrom<Between>("nothing", "nothing", "restore", "freeze"),
  { maxLength: 20 },
);

const options: fc.Arbitrary<HarnessOptions> = fc.record({ full: fc.boolean(), slice: fc.constantFrom(1, 3, 4096) });

const calls: fc.Arbitrary<readonly Call[]> = fc
  .array(
    fc.oneof(
      { weight: 3, arbitrary: fc.array(fc.tuple(item, fc.nat(60)), { maxLength: 5 }) },
      { weight: 1, arbitrary: fc.integer({ min: 1, max: 30 }) },
    ),
    { maxLength: 10 },
  )
  .map((parts) => {
    let time = 0;
    return [
      ...parts.map((part): Call => {
        if (typeof part !== "number") return { kind: "batch", records: part };
        time += part;
        return part % 3 === 0 ? { kind: "tick", now: time } : { kind: "watermark", time };
      }),
      { kind: "watermark", time: END_OF_TIME },
    ];
  });

const keyOf = (value: unknown): number => {
  if ((value as Item).throwsAt === -1) throw new TypeError("has no key");
  return (value as Item).key;
};

const aside = sideOutput<unknown>("aside");

/** Does what the records say. Timers do what follows from their time; those of some times throw, or do nothing instead. */
function program(throws: boolean): AnyKeyedProcess {
  const state = {
    value: valueState<number[]>([]),
    list: listState<number>(),
    sum: reducingState<number>((one, other) => one + other),
    map: mapState<number, { n: number }>(),
  };
  type Context = Parameters<KeyedProcess<Item, number, typeof state, unknown>["onRecord"]>[1];
  const act = ([kind, on]: Act, context: Context): void => {
    const { value, list, sum, map } = context.state;
    switch (kind) {
      case "value":
        return value.update([...value.get(), on]);
      case "mutate":
        if (value.get().length === 0) return;
        // What is given out is not to be changed: what somebody does all the same is gone with the call.
        (value.get() as number[]).push(on);
        return value.update(value.get());
      case "clear value":
        return value.clear();
      case "add to list":
        return list.add(on);
      case "clear list":
        return list.clear();
      case "sum":
        return sum.add(on);
      case "put":
        return map.set(on, { n: (map.get(on)?.n ?? 0) + 1 });
      case "delete":
        return map.delete(on);
      case "fill map":
        for (let key = 0; key < 70; key++) map.set(key, { n: on });
        return;
      case "clear map":
        return map.clear();
      case "set timer":
        return context.setEventTimer(on * 10);
      case "delete timer":
        return context.deleteEventTimer(on * 10);
      case "set processing timer":
        return context.setProcessingTimer(on * 10 + 1);
      case "emit":
        return context.emit([context.key, value.get().length, sum.get(), [...map.entries()].length]);
      case "emit aside":
        return context.output(aside, list.get().length);
    }
  };
  const process: KeyedProcess<Item, number, typeof state, unknown> = {
    state,
    onRecord({ acts: all, throwsAt }, context) {
      all.forEach((each, index) => {
        if (index === throwsAt) throw new RangeError("is poison");
        act(each, context);
      });
      if (all.length === throwsAt) throw new RangeError("is poison");
    },
    onTimer(time, context) {
      const isPoisonous = time % 20 === 10 || time === 21;
      if (isPoisonous && !throws) return;
      act(["sum", time], context);
      // Once more, and a little later: it must not come of a call that throws.
      if (time < 50) act(["set timer", 5], context);
      if (time === 30) context.setEventTimer(time);
      act(["emit", 0], context);
      act(["delete", 1], context);
      if (isPoisonous) throw new RangeError("is a bad time");
    },
  };
  return process as unknown as AnyKeyedProcess;
}

describe("A call that throws, where dead letters are taken", () => {
  it("leaves nothing of a keyed process: no state, no timer, no result", () => {
    check(
      fc.property(calls, between, options, (all, at, harness) => {
        const found = runBetween(processOperator("p", keyOf, program(true)), all, at, harness);
        const expected = runBetween(processOperator("p", keyOf, program(false)), without(all, isPoison), at, harness);
        assertAbsent(found, expected);
        const records = found.letters.filter(({ kind }) => kind === "record");
        assert.deepEqual(
          records.map(({ record }) => record),
          poisonOf(all, isPoison),
        );
        for (const letter of found.letters) {
          assert.equal(letter.operator, "p");
          assert.equal(letter.call, letter.kind === "record" ? "onRecord" : "onTimer");
          assert.equal(typeof letter.timestamp, "number");
          if (letter.kind === "timer") assert.equal(typeof letter.key, "number");
        }
      }),
    );
  });

  it("leaves nothing of a reduce, though it changes its result in place", () => {
    const reduce = (result: unknown, value: unknown): unknown => {
      const sum = result as { n: number };
      const { acts: all, throwsAt } = value as Item;
      sum.n += all.length;
      if (throwsAt <= all.length) throw new Error("is poison");
      return { ...sum };
    };
    const operator = reduceOperator("r", keyOf, (result, value) => reduce({ n: 0, ...(result as object) }, value));
    const inPlace = reduceOperator("r", keyOf, reduce);
    // The first record of a key is not combined with anything: only a selector can throw on it.
    const isHarmful = (seen: Set<number>, value: unknown): boolean => {
      const { key, throwsAt } = value as Item;
      if (throwsAt === -1 || (isPoison(value) && seen.has(key))) return true;
      seen.add(key);
      return false;
    };
    check(
      fc.property(calls, between, options, (all, at, harness) => {
        const seen = new Set<number>();
        const harmful = new Set(poisonOf(all, (value) => isHarmful(seen, value)));
        for (const factory of [operator, inPlace]) {
          const found = runBetween(factory, all, at, harness);
          const good = without(all, (value) => harmful.has(value));
          assert.deepEqual(
            found.letters.map(({ record, call }) => [record, call]),
            [...harmful].map((value) => [value, "reduce"]),
          );
          if (factory === operator) assertAbsent(found, runBetween(factory, good, at, harness));
          else assert.deepEqual(found.saved, runBetween(factory, good, at, harness).saved);
        }
      }),
    );
  });

  const numbers = fc.array(fc.array(fc.integer({ min: -1, max: 9 }), { maxLength: 6 }), { maxLength: 40 });
  const bad = (value: unknown): boolean => (value as number[]).includes(-1);
  const good = (n: number): number => {
    if (n < 0) throw new RangeError("is poison");
    return n;
  };
  const stateless: readonly [string, OperatorFactory, (value: readonly number[]) => readonly unknown[]][] = [
    ["map", mapOperator("s", (value) => (value as number[]).map(good)), (value) => [value]],
    [
      "filter",
      filterOperator("s", (value) => (value as number[]).map(good).length > 2),
      (value) => (value.length > 2 ? [value] : []),
    ],
    [
      "flatMap",
      flatMapOperator("s", function* (value) {
        for (const n of value as number[]) yield good(n);
      }),
      (value) => value,
    ],
  ];
  for (const [name, factory, meaning] of stateless) {
    it(`leaves nothing of a ${name}, at any batch size, full outputs and slices`, () => {
      check(
        fc.property(numbers, fc.integer({ min: 1, max: 12 }), options, (lists, size, harness) => {
          const all = inBatches(
            lists.map((list, index): Timed => [list, index]),
            size,
          );
          const found = runBetween(factory, all, [], harness);
          assert.deepEqual(
            found.main,
            lists.flatMap((list, index) => (bad(list) ? [] : meaning(list).map((value) => [value, index]))),
          );
          assert.deepEqual(
            found.letters.map(({ record, call, timestamp }) => [record, call, timestamp]),
            lists.flatMap((list, index) => (bad(list) ? [[list, name, index]] : [])),
          );
        }),
      );
    });
  }

  it("sets aside a record that makes more results than can be held, and ends its generator", () => {
    let ended = 0;
    const endless = flatMapOperator("s", function* (value) {
      try {
        for (;;) yield value;
      } finally {
        ended++;
      }
    });
    const { main, letters } = runBetween(endless, [{ kind: "batch", records: [["a", 7]] }], [], {});
    assert.deepEqual(main, []);
    assert.equal(ended, 1);
    assert.match(letters[0]?.error.message ?? "", /more than 65536 results/);
  });
});
