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
