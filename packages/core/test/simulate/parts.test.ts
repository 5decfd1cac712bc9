import assert from "node:assert/strict";
import { test } from "node:test";

import { guardAmbient } from "../../src/testing/sim/ambient.ts";
import { simRandom } from "../../src/testing/sim/random.ts";
import { drawFaults } from "../../src/testing/simulate/faults.ts";
import { ScriptedInput } from "../../src/testing/simulate/input.ts";
import { simCrash, simPause } from "../../src/testing/simulate/marks.ts";
import { rowText } from "../../src/testing/simulate/row-text.ts";
import { Selection } from "../../src/testing/simulate/selection.ts";
import { drawSettings } from "../../src/testing/simulate/settings.ts";
import { formatTrial, parseTrial, type Trial } from "../../src/testing/simulate/trial.ts";

test("Selection writes its numbers as ranges, and reads them again", () => {
  for (const text of ["none", "0", "0-3", "0-3.7", "1.3.5-9"]) assert.equal(Selection.parse(text).toString(), text);
  assert.deepEqual(Selection.parse("0-2.5").numbers, [0, 1, 2, 5]);
  for (const text of ["", "x", "3-1", "1,2"]) assert.throws(() => Selection.parse(text), RangeError, text);
});

test("formatTrial and parseTrial are inverse", () => {
  const crash = { at: 3, form: "after", power: false, inFlight: "late" } as const;
  const failure = { at: 1, form: "refused", power: false, inFlight: "lost" } as const;
  const trial: Trial = {
    seed: 7,
    plan: [[failure, crash], [], crash],
    parallelism: 2,
    records: Selection.parse("0-3"),
  };
  const text = "seed=7;faults=1:refused+3:after:late,-,3:after:late;parallelism=2;records=0-3";
  assert.equal(formatTrial(trial), text);
  assert.equal(formatTrial(parseTrial(text)), text);
  assert.deepEqual(parseTrial("seed=1"), { seed: 1, plan: [] });
  for (const wrong of ["", "seed=x", "faults=none", "seed=1;speed=2"]) {
    assert.throws(() => parseTrial(wrong), RangeError);
  }
});

test("rowText is the same for rows that hold the same", () => {
  assert.equal(rowText({ b: 1, a: [new Date(0), "x"] }), rowText({ a: [new Date(0), "x"], b: 1 }));
  assert.equal(rowText(-0), rowText(0));
  const different = [
    1,
    "1",
    1n,
    true,
    null,
    undefined,
    [1],
    { a: 1 },
    new Map([[1, 1]]),
    new Set([1]),
    Uint8Array.of(1),
  ];
  assert.equal(new Set(different.map(rowText)).size, different.length);
});

test("ScriptedInput leaves records out, and its marks stay where they are among the others", () => {
  const input = new ScriptedInput({ a: { x: [10, simCrash, 11, 12], y: [20] }, b: [30, simPause("1s"), 31] });
  assert.equal(input.size, 6);
  assert.ok(input.hasStops);
  const some = Selection.parse("1-2.4");
  assert.deepEqual(input.of("a", some, 1), {
    splits: { x: [11, 12], y: [] },
    marks: { x: [{ at: 0, mark: "crash" }], y: [] },
    strange: [],
  });
  assert.deepEqual(input.of("b", some, 1).marks, { "split-0": [{ at: 1, mark: { pauseMs: 1000 } }] });
  assert.deepEqual(input.of("b", some).marks, {});
  assert.deepEqual(input.records(undefined), { a: [10, 11, 12, 20], b: [30, 31] });
});

test("drawSettings gives a run as much more time, and its checkpoints, as all is slower than eight times the fastest", () => {
  const hours = new Set<number>();
  for (let seed = 0; seed < 100; seed++) {
    const { run, world } = drawSettings(seed, {});
    const patience = Math.max(1, world.latencyMs! / 40);
    hours.add(world.virtualMsMax! / 3_600_000);
    assert.equal(world.virtualMsMax, 3_600_000 * patience);
    assert.equal(run.checkpoint?.timeout, `${10 * patience}m`);
  }
  assert.deepEqual(
    [...hours].toSorted((one, other) => one - other),
    [1, 2, 4, 8],
  );
});

test("drawFaults and drawSettings follow from the seed alone, and keep within what is allowed", () => {
  for (let seed = 1; seed <= 200; seed++) {
    const draw = (disk: boolean, shared: boolean) =>
      drawFaults(simRandom(seed), { effects: 50, backend: { disk, shared } }, { crashes: 3, failures: 2 });
    assert.deepEqual(draw(true, true), draw(true, true));
    const lives = draw(false, false).map((life) => [life].flat());
    assert.ok(lives.flat().every(({ power, at, form }) => power !== true && at <= 50 && form !== "held"));
    assert.ok(lives.filter((faults) => faults.some(({ form }) => !/refused|unanswered/.test(form))).length <= 3);
    assert.ok(lives.every((faults) => faults.length <= 3));
    // What brings its code along is made anew by each draw.
    assert.equal(JSON.stringify(drawSettings(seed, {})), JSON.stringify(drawSettings(seed, {})));
    assert.deepEqual(drawSettings(seed, { parallelism: 5 }).run.parallelism, [5]);
  }
});

test("guardAmbient lets one guard stand at a time, and puts everything back", () => {
  const { Date: before } = globalThis;
  const guard = guardAmbient();
  assert.throws(() => guardAmbient(), /another one is under way/);
  guard.restore();
  assert.equal(globalThis.Date, before);
  guardAmbient().restore();
});
