import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { explainPlan } from "../../src/graph/explain.ts";
import { edge, forward, hash, keyed, planOf, sink, source, step } from "./logical-graph.ts";

describe("explainPlan", () => {
  it("shows stages, what they read, and what each operator keeps", () => {
    const flights = source("flights", 2, { timestampOf: () => 0, outOfOrderMs: 10_800_000, idleAfterMs: undefined });
    const weather = source("weather", undefined, { timestampOf: undefined, outOfOrderMs: 0, idleAfterMs: 5000 }, false);
    const parse = step("parse", [edge(flights)], 2);
    const all = keyed("hourly", [edge(parse, hash), edge(weather, hash, undefined, 1)], 3);
    const out = sink("out", [edge(all)], 3);
    const late = sink("late", [edge(all, forward, "late")]);
    assert.equal(
      explainPlan(planOf([flights, weather, parse, all, out, late]), "exactly-once"),
      [
        "pipeline job: exactly-once, 4 stages, 128 key groups",
        "stage 0 × 2",
        "  flights: source numbers, replayable, bounded, event time, up to 3h out of order",
        "  parse: map",
        "stage 1 × 1",
        "  weather: source numbers, replayable, unbounded, event time, up to 0s out of order",
        "stage 2 × 3",
        "  from stage 0, parse by hash",
        "  from stage 1, weather by hash, input 1",
        "  hourly: reduce, keyed state",
        "  out: sink nowhere, exactly-once",
        "stage 3 × 1",
        '  from stage 2, hourly (side output "late") by rebalance',
        "  late: sink nowhere, exactly-once",
        "may depend on timing",
        "  weather: idle after 5s",
      ].join("\n"),
    );
  });

  it("shows a pipeline of one stage", () => {
    const a = source("a");
    assert.equal(
      explainPlan(planOf([a, sink("b", [edge(a)])], { keyGroups: 256 }), "at-least-once"),
      [
        "pipeline job: at-least-once, 1 stage, 256 key groups",
        "stage 0 × 1",
        "  a: source numbers, replayable, bounded, no event time",
        "  b: sink nowhere, exactly-once",
        "no step is known to depend on timing",
      ].join("\n"),
    );
  });
});
