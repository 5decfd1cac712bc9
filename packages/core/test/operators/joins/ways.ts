import fc from "fast-check";
import type { Join } from "../../../src/operators/joins/join.ts";
import { type Happening, type Item, callsOf } from "../../reference/joins.ts";
import { Parallel } from "../../reference/parallel.ts";
import type { Call } from "../harness.ts";
import { happenings, joining, keyOf } from "./joining.ts";

/** What a run of a join depends on, besides its input. */
export interface Way {
  readonly parallelism: readonly number[];
  readonly batch: number;
  readonly full: boolean;
  readonly slice: number;
  /** How far before what had been reached event time begins again after a restore. */
  readonly back: number;
}

export const way: fc.Arbitrary<Way> = fc.record({
  parallelism: fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 3 }),
  batch: fc.constantFrom(1, 2, 7, 100),
  full: fc.boolean(),
  slice: fc.constantFrom(1, 2, 5, 4096),
  back: fc.nat(40),
});

/** What came of a run. */
export interface Found {
  /** Sorted. */
  readonly lines: readonly string[];
  /** The ids of late records, sorted. */
  readonly late: readonly number[];
  /** How many entries a last checkpoint holds. */
  readonly entries: number;
}

/** A random run, and the calls that it is made of. */
export const story: fc.Arbitrary<{ readonly way: Way; readonly calls: readonly Call[] }> = fc
  .record({ way, all: happenings })
  .map(({ way, all }: { way: Way; all: readonly Happening[] }) => ({ way, calls: callsOf(all, way.batch) }));

/** Runs a join at several parallelisms, one after the other, from checkpoint to checkpoint. */
export function foundOf(join: Join, calls: readonly Call[], way: Way): Found {
  const [first = 1, ...others] = way.parallelism;
  const operator = joining(join, { late: ["late", "late"] });
  const running = new Parallel(operator, keyOf, first, { full: way.full, slice: way.slice });
  let reached = -Infinity;
  calls.forEach((call, index) => {
    const leg = others.findIndex((_, at) => index === Math.floor(((at + 1) * calls.length) / (others.length + 1)));
    if (leg >= 0) {
      running.restart(others[leg] as number);
      if (reached > -Infinity) running.watermark(reached - way.back);
    }
    if (call.kind === "watermark") {
      reached = call.time;
      running.watermark(call.time);
    } else if (call.kind === "batch") {
      running.batch(call.records, call.input);
    }
  });
  const { main, late, entries } = running.finish();
  return {
    lines: main.map(([text, at]) => `${String(text)} at ${at}`).toSorted(),
    late: late.map((value) => (value as Item).id).toSorted((one, other) => one - other),
    entries,
  };
}
