/** Every kind of window against its definition on plain arrays, at any parallelism and through restores. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import type { AggregateFunction } from "../../../src/state/aggregate-function.ts";
import type { OperatorFactory } from "../../../src/operators/operator.ts";
import type { WindowAssigner, WindowResult } from "../../../src/operators/windows/assigner.ts";
import type { WindowFunction, WindowSpec } from "../../../src/operators/windows/window-spec.ts";
import { countWindows } from "../../../src/operators/windows/count.ts";
import { session } from "../../../src/operators/windows/session.ts";
import { sliding } from "../../../src/operators/windows/sliding.ts";
import { tumbling } from "../../../src/operators/windows/tumbling.ts";
import type { WindowProcess } from "../../../src/operators/windows/window-process.ts";
import { END_OF_TIME } from "../../../src/time/timestamps.ts";
import { check } from "../../bytes/property.ts";
import { Parallel } from "../../reference/parallel.ts";
import {
  countMeaning,
  gridSpans,
  type Happening,
  type Item,
  type Meaning,
  type Result,
  sessionMeaning,
  sessionsInTime,
  spanMeaning,
} from "../../reference/windows.ts";
import type { Timed } from "../harness.ts";
import { generalPlan } from "../../../src/operators/windows/window-plan.ts";

const BOUND = 12;

/** Collects ids in place: an accumulator that must not be shared. */
const ids: AggregateFunction<Item, { ids: number[] }, readonly number[]> = {
  create: () => ({ ids: [] }),
  add: (taken, { id }) => {
    taken.ids.push(id);
    return taken;
  },
  result: (taken) => [...taken.ids],
  merge: (into, from) => {
    into.ids.push(...from.ids);
    return into;
  },
};
const { merge: _merge, ...unmergeable } = ids;

const process: WindowProcess<readonly Item[], number, unknown> = {
  onWindow: (items, { key, window }) => [{ key, window, value: items.map(({ id }) => id) }],
};

const aggregated: WindowFunction = { name: "aggregate", aggregate: ids as never, process: undefined };
const copied: WindowFunction = { name: "aggregate", aggregate: unmergeable as never, process: undefined };
const processed: WindowFunction = { name: "process", aggregate: undefined, process: process as never };

function operatorOf(
  assigner: WindowAssigner<never>,
  work: WindowFunction,
  changes: Partial<WindowSpec> = {},
): OperatorFactory {
  const spec: WindowSpec = {
    id: "w",
    keyOf: (value) => (value as Item).key,
    work,
    trigger: undefined,
    evictor: undefined,
    latenessMs: 0,
    lateOutput: "late",
    ...changes,
  };
  return assigner.plan(spec, generalPlan).create;
}

/** What a run of an operator depends on, besides its input. */
interface Way {
  readonly parallelism: readonly number[];
  readonly batch: number;
  readonly full: boolean;
  readonly slice: number;
  /** How far before what had been reached event time begins again after a restore. */
  readonly back: number;
}

const way: fc.Arbitrary<Way> = fc.record({
  parallelism: fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 3 }),
  batch: fc.constantFrom(1, 2, 7, 100),
  full: fc.boolean(),
  slice: fc.constantFrom(1, 2, 5, 4096),
  back: fc.nat(40),
});

const item = fc.record({ key: fc.nat(3), at: fc.integer({ min: -80, max: 80 }), gap: fc.integer({ min: 1, max: 15 }) });

/** Records in any order, and watermarks among them that leave many of them late. */
const unruly: fc.Arbitrary<readonly Happening[]> = fc
  .array(fc.oneof({ weight: 5, arbitrary: item }, { weight: 1, arbitrary: fc.integer({ min: 1, max: 25 }) }), {
    maxLength: 70,
    // Streams of a few records would hardly ever bring sessions together.
    size: "max",
  })
  .map((elements) => {
    let time = -90;
    return elements.map((element, id): Happening => {
      if (typeof element !== "number") return { ...element, id };
      time += element;
      return { watermark: time };
    });
  });

/** Records that lie in order but for the bound, shuffled within it, with watermarks that keep to the bound: none is late. */
const inTime: fc.Arbitrary<readonly Happening[]> = fc
  .array(fc.tuple(item, fc.nat(BOUND), fc.boolean()), { maxLength: 60, size: "max" })
  .map((drawn) => {
    const shuffled = drawn.toSorted(([a, before], [b, after]) => a.at + before - (b.at + after));
    let greatest = -Infinity;
    return shuffled.flatMap(([drawnItem, , tells], id): Happening[] => {
      greatest = Math.max(greatest, drawnItem.at);
      const record = { ...drawnItem, id };
      return tells ? [record, { watermark: greatest - BOUND - 1 }] : [record];
    });
  });

interface Found {
  readonly results: readonly Result[];
  readonly late: readonly number[];
  readonly entries: number;
  readonly times: readonly number[];
}

/** Runs an operator over a stream: in batches, at several parallelisms one after the other. */
function found(operator: OperatorFactory, stream: readonly Happening[], way: Way): Found {
  const [first = 1, ...others] = way.parallelism;
  const running = new Parallel(operator, (value) => (value as Item).key, first, { full: way.full, slice: way.slice });
  const legs = others.length + 1;
  let reached = -Infinity;
  let waiting: Timed[] = [];
  const flush = (): void => {
    if (waiting.length > 0) running.batch(waiting);
    waiting = [];
  };
  stream.forEach((happening, index) => {
    const leg = others.findIndex((_, number) => index === Math.floor(((number + 1) * stream.length) / legs));
    if (leg >= 0) {
      flush();
      running.restart(others[leg] as number);
      if (reached - way.back > -Infinity) running.watermark(reached - way.back);
    }
    if ("watermark" in happening) {
      flush();
      running.watermark(happening.watermark);
      reached = Math.max(reached, happening.watermark);
    } else {
      waiting.push([happening, happening.at]);
      if (waiting.length >= way.batch) flush();
    }
  });
  flush();
  running.watermark(END_OF_TIME);
  const { main, late, entries } = running.finish();
  return {
    results: main.map(([value]) => {
      const { key, window, value: of } = value as WindowResult<number, readonly number[]>;
      return { key, ...window, ids: of };
    }),
    times: main.map(([, timestamp]) => timestamp),
    late: late.map((value) => (value as Item).id),
    entries,
  };
}

function itemsOf(stream: readonly Happening[]): readonly Item[] {
  return stream.flatMap((happening) => ("watermark" in happening ? [] : [happening]));
}

function sorted(results: readonly Result[]): readonly string[] {
  return results
    .map(({ key, start, end, ids: of }) => `${key} ${start}..${end}: ${of.toSorted((a, b) => a - b).join(" ")}`)
    .toSorted();
}

function agree(actual: Found, meaning: Meaning): void {
  assert.deepEqual(sorted(actual.results), sorted(meaning.results));
  assert.deepEqual(
    actual.late.toSorted((a, b) => a - b),
    meaning.late.toSorted((a, b) => a - b),
  );
  assert.equal(actual.entries, 0, "entries are left of windows that are over");
}

const grid = fc.record({
  size: fc.integer({ min: 1, max: 30 }),
  every: fc.integer({ min: 1, max: 30 }),
  offset: fc.nat(40),
});
const lateness = fc.constantFrom(0, 1, 5, 30);

describe("windows, against their definitions", () => {
  it("tumbling: as defined, with lateness, at any parallelism and through restores (WIN-01, WIN-04, COR-08)", () => {
    check(
      fc.property(
        unruly,
        grid,
        lateness,
        fc.constantFrom(aggregated, copied, processed),
        way,
        (stream, { size, offset }, latenessMs, work, way) => {
          const assigner = tumbling(`${size}ms`, { offset: `${offset}ms` });
          agree(
            found(operatorOf(assigner, work, { latenessMs }), stream, way),
            spanMeaning(stream, gridSpans(size, size, offset), latenessMs),
          );
        },
      ),
    );
  });

  it("sliding: as defined, in shared slices and in copies, with gaps between windows (WIN-01, WIN-04, COR-08)", () => {
    check(
      fc.property(
        unruly,
        grid,
        lateness,
        fc.constantFrom(aggregated, copied, processed),
        way,
        (stream, { size, every, offset }, latenessMs, work, way) => {
          const assigner = sliding(`${size}ms`, `${every}ms`, { offset: `${offset}ms` });
          agree(
            found(operatorOf(assigner, work, { latenessMs }), stream, way),
            spanMeaning(stream, gridSpans(size, every, offset), latenessMs),
          );
        },
      ),
    );
  });

  it("sessions: as defined, with late records, of one gap or one for each record (WIN-01, WIN-05, COR-08)", () => {
    check(
      fc.property(
        unruly,
        fc.option(fc.integer({ min: 1, max: 20 })),
        lateness,
        fc.constantFrom(aggregated, processed),
        way,
        (stream, gap, latenessMs, work, way) => {
          const assigner = gap === null ? session((value: Item) => value.gap) : session(`${gap}ms`);
          agree(
            found(operatorOf(assigner, work, { latenessMs }), stream, way),
            sessionMeaning([...stream, { watermark: END_OF_TIME }], (value) => gap ?? value.gap, latenessMs),
          );
        },
      ),
    );
  });

  it("count: as defined", () => {
    check(
      fc.property(
        unruly,
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 1, max: 9 }),
        fc.constantFrom(aggregated, processed),
        way,
        (stream, size, slide, work, way) => {
          const items = itemsOf(stream);
          const actual = found(operatorOf(countWindows(size, { slide }), work), stream, way);
          assert.deepEqual(
            actual.results.map(({ ids: of }) => of.join(" ")).toSorted(),
            countMeaning(items, size, slide)
              .map((of) => of.join(" "))
              .toSorted(),
          );
          assert.deepEqual(actual.late, []);
        },
      ),
    );
  });
});

describe("windows, of records within their bound", () => {
  const plain: readonly (readonly [string, WindowAssigner<never>, (items: readonly Item[]) => readonly Result[]])[] = [
    ["tumbling", tumbling("7ms"), (items) => spanMeaning(items, gridSpans(7, 7, 0), 0).results],
    ["sliding", sliding("10ms", "4ms"), (items) => spanMeaning(items, gridSpans(10, 4, 0), 0).results],
    ["session", session("5ms"), (items) => sessionsInTime(items, () => 5)],
    ["session by record", session((value: Item) => value.gap), (items) => sessionsInTime(items, ({ gap }) => gap)],
  ];
  for (const [name, assigner, meaning] of plain) {
    it(`${name}: the order in which they come changes nothing, none is late, and each window has one result (law 9)`, () => {
      check(
        fc.property(inTime, way, (stream, way) => {
          const items = itemsOf(stream);
          const actual = found(operatorOf(assigner, aggregated), stream, way);
          agree(actual, { results: meaning(items), late: [] });
          // Whoever comes after may have heard of the watermark before: no result may lie behind it.
          const last = (end: number): number => (name.startsWith("session") ? end : end - 1);
          assert.deepEqual(
            actual.times,
            actual.results.map(({ end }) => last(end)),
          );
        }),
      );
    });
  }
});
