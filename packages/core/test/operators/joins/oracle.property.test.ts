/** Every join against plain loops, at any parallelism, and from checkpoint to checkpoint at another one. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { intervalJoin } from "../../../src/operators/joins/interval-join.ts";
import type { Join } from "../../../src/operators/joins/join.ts";
import { innerJoin, leftJoin } from "../../../src/operators/joins/retention-join.ts";
import { leftTemporalJoin, temporalJoin } from "../../../src/operators/joins/temporal-join.ts";
import { coGroup, windowJoin } from "../../../src/operators/joins/window-join.ts";
import { session } from "../../../src/operators/windows/session.ts";
import { sliding } from "../../../src/operators/windows/sliding.ts";
import { tumbling } from "../../../src/operators/windows/tumbling.ts";
import { check } from "../../bytes/property.ts";
import { alone, type Item, judge, pairs, together, valid } from "../../reference/joins.ts";
import { gridSpans, type Happening, type Meaning, sessionMeaning, spanMeaning } from "../../reference/windows.ts";
import type { Call, Timed } from "../harness.ts";
import { type Found, foundOf, story } from "./ways.ts";

const RUNS = 60;

function agree(found: Found, lines: readonly string[], late: readonly number[]): void {
  assert.deepEqual(found.lines, lines.toSorted());
  assert.deepEqual(
    found.late,
    late.toSorted((one, other) => one - other),
  );
  assert.equal(found.entries, 0, "entries are left of what is over");
}

const idsOf = (records: readonly (readonly Timed[])[]): readonly number[] =>
  records.flat().map(([value]) => (value as Item).id);

describe("joins by interval, against plain loops (JN-02)", () => {
  const bound = fc.integer({ min: -20, max: 20 });

  it("intervalJoin", () => {
    check(
      fc.property(story, bound, bound, ({ calls, way }, a, b) => {
        const [from, to] = [Math.min(a, b), Math.max(a, b)];
        const found = foundOf(intervalJoin({ from: `${from}ms`, to: `${to}ms` }), calls, way);
        const { rows, late } = judge(calls);
        const expected = pairs(rows, (left, right) => right - left >= from && right - left <= to);
        agree(found, expected, idsOf(late));
      }),
      RUNS,
    );
  });

  it("innerJoin and leftJoin", () => {
    check(
      fc.property(story, fc.nat(20), fc.nat(20), fc.boolean(), ({ calls, way }, left, right, isOuter) => {
        const retention = { left: `${left}ms`, right: `${right}ms` } as const;
        const meets = (one: number, other: number): boolean => other - one <= left && one - other <= right;
        const { rows, late } = judge(calls);
        const found = foundOf(isOuter ? leftJoin({ retention }) : innerJoin({ retention }), calls, way);
        agree(found, [...pairs(rows, meets), ...(isOuter ? alone(rows, meets, left) : [])], idsOf(late));
      }),
      RUNS,
    );
  });
});

describe("joins with a table, against plain loops", () => {
  const [never, third] = [(): boolean => false, ({ id }: Item): boolean => id % 3 === 0];
  for (const isDeletion of [never, third]) {
    for (const kind of ["temporal", "left temporal"]) {
      it(`${kind} join${isDeletion === third ? ", with deletions" : ""}`, () => {
        check(
          fc.property(story, fc.constantFrom(0, 5, 30), ({ calls, way }, rememberMs) => {
            const options = { deleteWhen: isDeletion, rememberDeletions: `${rememberMs}ms` } as const;
            const join = kind === "temporal" ? temporalJoin(options) : leftTemporalJoin(options);
            const { lines, late, rows } = valid(calls, kind === "left temporal", { isDeletion, rememberMs });
            const { entries, ...found } = foundOf(join, calls, way);
            agree({ ...found, entries: 0 }, lines, late);
            assert.equal(entries, rows, "one row is kept of each key that has one");
          }),
          RUNS,
        );
      });
    }
  }
});

describe("joins by window, against plain loops", () => {
  const streamOf = (calls: readonly Call[]): readonly Happening[] =>
    calls.flatMap((call): readonly Happening[] => {
      if (call.kind === "watermark") return [{ watermark: call.time }];
      if (call.kind !== "batch") return [];
      return call.records.map(([value, at]) => ({ ...(value as Item), at, gap: 7 }));
    });

  const kinds: readonly (readonly [
    name: string,
    windows: Parameters<typeof windowJoin>[0],
    meaning: (stream: readonly Happening[]) => Meaning,
    lastOf: (end: number) => number,
  ])[] = [
    ["tumbling", tumbling("20ms"), (stream) => spanMeaning(stream, gridSpans(20, 20, 0), 0), (end) => end - 1],
    ["sliding", sliding("30ms", "10ms"), (stream) => spanMeaning(stream, gridSpans(30, 10, 0), 0), (end) => end - 1],
    ["session", session("7ms"), (stream) => sessionMeaning(stream, ({ gap }) => gap, 0), (end) => end],
  ];

  for (const [name, windows, meaning, lastOf] of kinds) {
    it(`windowJoin and coGroup, of ${name} windows (JN-01)`, () => {
      check(
        fc.property(story, ({ calls, way }) => {
          const { results, late } = meaning(streamOf(calls));
          for (const join of [windowJoin(windows), coGroup(windows)] as readonly Join[]) {
            const isGroup = join.kind === "co-group";
            const expected = results.flatMap(({ ids, end }) => together(calls, ids, isGroup, lastOf(end)));
            agree(foundOf(join, calls, way), expected, late);
          }
        }),
        RUNS,
      );
    });
  }
});
