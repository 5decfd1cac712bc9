import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { mean } from "../../../src/operators/aggregates/mean.ts";
import { aggregatingState } from "../../../src/state/kinds/aggregating.ts";
import { reducingState } from "../../../src/state/kinds/reducing.ts";
import { Stateful } from "./stateful.ts";

interface Sum {
  sum: number;
}

const adding = (): ReturnType<typeof reducingState<Sum>> =>
  reducingState<Sum>((together, { sum }) => {
    together.sum += sum;
    return together;
  });

const collecting = (): ReturnType<typeof aggregatingState<number, number[], number[]>> =>
  aggregatingState<number, number[], number[]>({
    create: () => [],
    add: (all, item) => {
      all.push(item);
      return all;
    },
    result: (all) => all,
  });

describe("reducingState", () => {
  it("gives undefined before anything was added and after clear, and the combination in between (ST-01)", () => {
    const subject = new Stateful({ total: adding() });
    subject.at("a", ({ total }) => {
      assert.equal(total.get(), undefined);
      total.clear();
      total.add({ sum: 1 });
      total.add({ sum: 2 });
      assert.deepEqual(total.get(), { sum: 3 });
      total.clear();
      assert.equal(total.get(), undefined);
    });
  });

  it("lets neither its accumulator out nor a value that was added in", () => {
    const subject = new Stateful({ total: adding() });
    const first = { sum: 1 };
    subject.at("a", ({ total }) => {
      total.add(first);
      total.add({ sum: 2 });
      (total.get() as Sum).sum = 99;
      assert.deepEqual(total.get(), { sum: 3 });
      assert.deepEqual(first, { sum: 1 });
    });
  });
});

describe("a return that was forgotten", () => {
  it("is refused where two somethings give nothing, and is a value where nothing was before", () => {
    const forgotten = reducingState<number | undefined>(() => undefined);
    const subject = new Stateful({ forgotten });
    const gaveNothing = { name: "TypeError", message: /^it gave undefined for two records/ };
    subject.at("a", (state) => {
      state.forgotten.add(1);
      assert.throws(() => state.forgotten.add(2), gaveNothing);
      assert.equal(state.forgotten.get(), 1);
      state.forgotten.add(undefined);
      assert.equal(state.forgotten.get(), undefined);
    });
  });

  it("is refused of an aggregate that does not begin with undefined", () => {
    const never = (): undefined => undefined;
    const forgotten = aggregatingState<number, number | undefined, unknown>({
      create: () => 0,
      add: never,
      result: never,
    });
    const nothing = aggregatingState<number, undefined, string>({ create: never, add: never, result: String });
    const subject = new Stateful({ forgotten, nothing });
    const gaveNothing = { name: "TypeError", message: /^add\(\.\.\.\) gave undefined/ };
    subject.at("a", (state) => {
      assert.throws(() => state.forgotten.add(2), gaveNothing);
      state.nothing.add(2);
      assert.equal(state.nothing.get(), "undefined");
    });
  });
});

describe("aggregatingState", () => {
  it("gives the result of what was added (ST-01)", () => {
    const subject = new Stateful({ delay: aggregatingState(mean((value: number) => value)) });
    subject.at("a", ({ delay }) => {
      assert.equal(delay.get(), undefined);
      delay.add(3);
      delay.add(5);
      assert.equal(delay.get(), 4);
    });
  });

  it("gives a result that is no part of the accumulator, though result returns it", () => {
    const subject = new Stateful({ all: collecting() });
    subject.at("a", ({ all }) => {
      all.add(1);
      all.get()?.push(99);
      all.add(2);
      assert.deepEqual(all.get(), [1, 2]);
    });
  });

  it("keeps what was added after a barrier out of its checkpoint, though add changes it in place (COR-27)", () => {
    const subject = new Stateful({ all: collecting() });
    subject.at("a", ({ all }) => all.add(1));
    subject.freeze();
    subject.at("a", ({ all }) => all.add(2));
    const again = new Stateful({ all: collecting() }).restore(subject.complete());
    assert.deepEqual(
      again.at("a", ({ all }) => all.get()),
      [1],
    );
  });
});
