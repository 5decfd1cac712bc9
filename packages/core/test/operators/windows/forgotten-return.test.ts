/** Functions that give nothing, or a promise, where the next record goes on from what they gave. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { combine } from "../../../src/operators/aggregates/combine.ts";
import type { OperatorFactory } from "../../../src/operators/operator.ts";
import type { WindowAssigner } from "../../../src/operators/windows/assigner.ts";
import { countEvictor } from "../../../src/operators/windows/evictors/count-evictor.ts";
import { upTo } from "../../../src/operators/windows/lateness.ts";
import { reduceAggregate } from "../../../src/operators/windows/reduce-aggregate.ts";
import { session } from "../../../src/operators/windows/session.ts";
import { sliding } from "../../../src/operators/windows/sliding.ts";
import { tumbling } from "../../../src/operators/windows/tumbling.ts";
import { END_OF_TIME } from "../../../src/time/timestamps.ts";
import { runBetween } from "../atomic-runs.ts";
import { Harness, type Timed } from "../harness.ts";
import { batch, collect, end, operatorOf, type StepChanges } from "./windows.ts";

const { latenessMs } = upTo("1ms");

/** Steps that keep what has come together each in its own way. */
const STEPS: Readonly<Record<string, (aggregate: never) => OperatorFactory>> = {
  "plain windows": (aggregate) => windowOf(tumbling("10ms"), { aggregate }),
  "sliding windows": (aggregate) => windowOf(sliding("10ms", "5ms"), { aggregate }),
  sessions: (aggregate) => windowOf(session("10ms"), { aggregate }),
  "windows that take late records": (aggregate) => windowOf(tumbling("10ms"), { aggregate, latenessMs }),
  "sessions that take late records": (aggregate) => windowOf(session("10ms"), { aggregate, latenessMs }),
  "windows with an evictor": (aggregate) =>
    windowOf(tumbling("10ms"), { aggregate, evictor: countEvictor(9) as StepChanges["evictor"] }),
};

function windowOf(assigner: WindowAssigner<never>, changes: StepChanges): OperatorFactory {
  return operatorOf(assigner, changes);
}

const RECORDS: readonly Timed[] = [
  ["a1", 1],
  ["a2", 2],
];

function feed(factory: OperatorFactory, records: readonly Timed[] = RECORDS): Harness {
  const harness = new Harness(factory);
  harness.batch(...records);
  harness.watermark(END_OF_TIME);
  return harness;
}

const nothing = (): never => undefined as never;
/** Fails later, when nobody looks at it any more. */
const promise = (): never => Promise.reject(new Error("later")) as never;

describe("an aggregate that gives nothing", () => {
  for (const [name, step] of Object.entries(STEPS)) {
    it(`fails ${name} by name of the step and of the function: add`, () => {
      assert.throws(() => feed(step({ ...collect, add: nothing } as never)), {
        code: "USER_CODE",
        message: 'Cannot go on: aggregate of "w" threw: add(...) gave undefined. Return the accumulator',
      });
    });
  }

  for (const name of ["sliding windows", "sessions that take late records", "sessions"] as const) {
    it(`fails ${name} by name of the step and of the function: merge`, () => {
      // The last record makes one session of two.
      const records: readonly Timed[] = [
        ["a1", 1],
        ["a2", 14],
        ["a3", 9],
      ];
      const factory = (STEPS[name] as (aggregate: never) => OperatorFactory)({ ...collect, merge: nothing } as never);
      assert.throws(() => feed(factory, records), {
        code: "USER_CODE",
        message: /of "w" threw: merge\(\.\.\.\) gave undefined\. Return the accumulator/,
      });
    });
  }

  it("fails as a part of several, by the part's name", () => {
    const parts = combine<string, never>({ all: collect, none: { ...collect, add: nothing } } as never);
    assert.throws(() => feed(windowOf(tumbling("10ms"), { aggregate: parts as never })), {
      message: /none\.add\(\.\.\.\) gave undefined/,
    });
  });

  it("is one whose accumulators may be undefined from the beginning on", () => {
    const last = { create: nothing, add: nothing, result: (kept: unknown) => `${String(kept)}!`, merge: nothing };
    for (const [name, step] of Object.entries(STEPS)) {
      const results = feed(step(last as never)).values as readonly { value: unknown }[];
      assert.ok(results.length > 0 && results.every(({ value }) => value === "undefined!"), name);
    }
  });

  it("has dead letters for the records, where the step has an output for them", () => {
    const add = (items: string[], value: string): string[] =>
      value === "a2" ? nothing() : (collect.add(items, value) as string[]);
    const records: readonly Timed[] = [...RECORDS, ["a3", 3]];
    const factory = windowOf(tumbling("10ms"), { aggregate: { ...collect, add } });
    const { main, letters } = runBetween(factory, [batch(...records), end], [], { full: false, slice: 3 });
    assert.deepEqual(
      main.map(([result]) => (result as { value: string }).value),
      ["a1 a3"],
    );
    assert.equal(letters.length, 1);
  });
});

describe("an aggregate that gives promises", () => {
  for (const [name, step] of Object.entries(STEPS)) {
    it(`fails ${name}: add`, () => {
      assert.throws(() => feed(step({ ...collect, add: promise } as never)), {
        code: "USER_CODE",
        message: /aggregate of "w" threw: it gave a promise, and nothing waits for one there/,
      });
    });
    it(`fails ${name}: result`, () => {
      assert.throws(() => feed(step({ ...collect, result: promise } as never)), {
        code: "USER_CODE",
        message: /aggregate of "w" threw: it gave a promise, and nothing waits for one there/,
      });
    });
  }
});

describe("a reduction of windows", () => {
  it("fails when it gives nothing for two records", () => {
    assert.throws(() => feed(windowOf(tumbling("10ms"), { aggregate: reduceAggregate(nothing) as never })), {
      code: "USER_CODE",
      message: /of "w" threw: it gave undefined for two records\. Return what they come to, or null/,
    });
  });

  it("fails when it gives a promise", () => {
    assert.throws(() => feed(windowOf(tumbling("10ms"), { aggregate: reduceAggregate(promise) as never })), {
      message: /of "w" threw: it gave a promise/,
    });
  });

  it("gives undefined where a record is", () => {
    const { create, add, result } = reduceAggregate((_result, value) => value);
    assert.equal(result(add(add(create(), 1), undefined)), undefined);
    assert.equal(result(add(add(create(), undefined), 2)), 2);
  });
});
