// runtimes: node24
import assert from "node:assert/strict";
import { test } from "node:test";
import type { TraceEvent } from "@tidemark/core";
import { compare, comparisonLines, comparisonSummary } from "../../src/beads/comparison.ts";
import { type Costs, COSTS } from "../../src/beads/costs.ts";
import { dealBeads } from "../../src/beads/deal.ts";
import { engineCourse, engineLostMs } from "../../src/beads/engine-course.ts";
import { plainInk } from "../../src/beads/ink.ts";
import { naiveBeads, naivePauses, naiveRun } from "../../src/beads/naive.ts";
import { PAGE_COLUMNS } from "../../src/beads/page.ts";
import { record, type Recording } from "../../src/beads/record.ts";
import { batch, EVEN_SINK, EVEN_SUM, STARTED } from "./scripted.ts";

const PRICES: Costs = { ...COSTS, beadMs: 100, writeMs: 50, byteMs: 1, intervalMs: 250 };

/** A sink that takes a bead every 100 ms, and checkpoints of 30 and 40 bytes. */
function recording(...extra: readonly (readonly [number, TraceEvent])[]): Recording {
  const beads = [0, 100, 200, 300, 400].map((atMs) => ({
    atMs: 1_000 + atMs,
    event: batch(EVEN_SINK, EVEN_SUM, atMs),
  }));
  const others = extra.map(([atMs, event]) => ({ atMs, event }));
  const events = [{ atMs: 1_000, event: STARTED }, ...beads, ...others].toSorted((a, b) => a.atMs - b.atMs);
  return { events, committed: [] };
}

const completed = (checkpointId: number, bytes: number): TraceEvent => {
  return { kind: "checkpoint-completed", checkpointId, durationMs: 1, bytes };
};

test("naiveRun: stops everything for as long as saving takes, then goes on where it was", () => {
  const engine = recording([1_300, completed(1, 30)], [1_600, completed(2, 40)]);
  const run = naiveRun({ costs: PRICES, undisturbed: recording(), engine });
  assert.deepEqual(
    run.segments.map(({ kind, fromMs, toMs, bytes }) => [kind, fromMs, toMs, bytes]),
    [
      ["work", 1_000, 1_250, 0],
      ["save", 1_250, 1_330, 30],
      ["work", 1_330, 1_500, 0],
      ["save", 1_500, 1_590, 40],
      ["work", 1_590, 1_670, 0],
      ["save", 1_670, 1_760, 40],
    ],
  );
  assert.deepEqual(naivePauses(run, Infinity), [80, 90]);
  assert.deepEqual(naivePauses(run, 1_510), [80, 10]);
  assert.deepEqual(
    [999, 1_000, 1_250, 1_329, 1_380, 2_000].map((atMs) => naiveBeads(run, atMs)),
    [0, 1, 3, 3, 4, 5],
  );
});

test("engineLostMs: counts the time in which a sink has nothing to do during a checkpoint, and no other", () => {
  const triggered: TraceEvent = { kind: "checkpoint-triggered", checkpointId: 1, request: "periodic" };
  const late = { atMs: 1_700, event: batch(EVEN_SINK, EVEN_SUM, 9) };
  const { events } = recording([1_450, triggered], [1_650, completed(1, 30)]);
  const course = engineCourse([...events, late], PRICES);
  assert.deepEqual(
    [1_500, 1_600, 2_000].map((atMs) => engineLostMs(course, atMs)),
    [0, 50, 75],
  );
});

test("comparison: the engine's sinks do more at equal times than stopped ones, on every seed tried", async () => {
  for (const seed of [0, 1, 2, 9]) {
    const common = { beads: dealBeads(seed), costs: COSTS, seed, crashIn: undefined };
    const engine = await record({ ...common, checkpoints: true });
    const undisturbed = await record({ ...common, checkpoints: false });
    const comparison = compare(engine, undisturbed, COSTS);
    const pauses = naivePauses(comparison.naive, Infinity);
    assert.ok(pauses.length >= 2);
    const lost = pauses.reduce((sum, pause) => sum + pause, 0);
    assert.ok(engineLostMs(comparison.engine, Infinity) < lost / 2);
    for (const { atMs } of engine.events) {
      for (const line of comparisonLines(comparison, atMs)) {
        assert.ok(plainInk(line).length <= PAGE_COLUMNS, plainInk(line));
      }
    }
    const summary = comparisonSummary(comparison).join("\n");
    assert.match(summary, /Naive, calculated: \d pauses, .* everything stood still/);
    assert.match(summary, /after 3 s {3}Tidemark \d+ {3}naive \d+/);
  }
});
