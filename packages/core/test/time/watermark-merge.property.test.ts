import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { END_OF_TIME, NO_TIMESTAMP } from "../../src/time/timestamps.ts";
import { type InputStatus, WatermarkMerge } from "../../src/time/watermark-merge.ts";
import { check } from "../bytes/property.ts";

interface Step {
  readonly input: number;
  readonly does: number | InputStatus;
}

const steps = fc.array(
  fc.record({
    input: fc.nat(3),
    does: fc.oneof(
      { weight: 8, arbitrary: fc.integer({ min: -5, max: 60 }) },
      { weight: 3, arbitrary: fc.constantFrom<InputStatus>("active", "idle") },
      { weight: 1, arbitrary: fc.constantFrom<InputStatus | number>("finished", END_OF_TIME) },
    ),
  }),
  { maxLength: 80 },
);

/** The rules of docs and Flink's valve, from scratch at every step. */
class Model {
  readonly inputs: { reached: number; status: InputStatus; lags: boolean }[];
  merged = NO_TIMESTAMP;

  constructor(inputs: number) {
    this.inputs = Array.from({ length: inputs }, () => ({
      reached: NO_TIMESTAMP,
      status: "active" as const,
      lags: false,
    }));
  }

  get status(): InputStatus {
    if (this.inputs.some(({ status }) => status === "active")) return "active";
    return this.inputs.some(({ status }) => status === "idle") ? "idle" : "finished";
  }

  take({ input: index, does }: Step): void {
    const input = this.inputs[index];
    if (input === undefined || input.status === "finished") return;
    const before = input.status;
    if (does === END_OF_TIME) input.status = "finished";
    else if (typeof does === "number") input.reached = Math.max(input.reached, does);
    else input.status = does;
    if (before !== "active" && input.status === "active") input.lags = input.reached < this.merged;
    else if (input.reached >= this.merged) input.lags = false;
    this.merged = Math.max(this.merged, this.#now());
  }

  #now(): number {
    const { status } = this;
    if (status === "finished") return END_OF_TIME;
    if (status === "idle") {
      return Math.max(...this.inputs.filter((each) => each.status === "idle").map(({ reached }) => reached));
    }
    const counted = this.inputs.filter((each) => each.status === "active" && !each.lags);
    return counted.length === 0 ? NO_TIMESTAMP : Math.min(...counted.map(({ reached }) => reached));
  }
}

describe("WatermarkMerge, at random events", () => {
  it("agrees with the model, only goes forward, and tells each change once", () => {
    check(
      fc.property(fc.integer({ min: 1, max: 4 }), steps, (inputs, steps) => {
        const merge = new WatermarkMerge(inputs);
        const model = new Model(inputs);
        for (const step of steps) {
          if (step.input >= inputs) continue;
          const before = { watermark: merge.watermark, status: merge.status };
          const { input, does } = step;
          const change = typeof does === "number" ? merge.advance(input, does) : merge.setStatus(input, does);
          model.take(step);
          assert.equal(merge.watermark, model.merged);
          assert.equal(merge.status, model.status);
          assert.ok(merge.watermark >= before.watermark);
          assert.equal(change.watermark, merge.watermark === before.watermark ? undefined : merge.watermark);
          assert.equal(change.status, merge.status === before.status ? undefined : merge.status);
        }
      }),
    );
  });

  it("of active inputs is the least of what each has reached, at any order of arrival (WM-01)", () => {
    const sequences = fc.array(fc.array(fc.integer({ min: 0, max: 100 }), { minLength: 1, maxLength: 6 }), {
      minLength: 1,
      maxLength: 4,
    });
    check(
      fc.property(sequences, fc.array(fc.nat(3), { maxLength: 40 }), (sequences, order) => {
        const merge = new WatermarkMerge(sequences.length);
        const left = sequences.map((sequence) => sequence.toSorted((a, b) => a - b));
        const rest = sequences.flatMap((sequence, input) => sequence.map(() => input));
        for (const pick of [...order, ...rest]) {
          const next = left[pick]?.shift();
          if (next !== undefined) merge.advance(pick, next);
        }
        assert.equal(merge.watermark, Math.min(...sequences.map((sequence) => Math.max(...sequence))));
      }),
    );
  });
});
