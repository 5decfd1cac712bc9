import assert from "node:assert/strict";
import { test } from "node:test";
import { drawAims, PHASES } from "../../src/flights/aims.ts";

const SEEDS = Array.from({ length: 200 }, (_, seed) => seed);
const rows = 3_000_000;
const parallelism = 4;

test("drawAims gives the same aims for the same seed, and others for another", () => {
  assert.deepEqual(
    drawAims({ kills: 9, seed: 5, rows, parallelism }),
    drawAims({ kills: 9, seed: 5, rows, parallelism }),
  );
  assert.notDeepEqual(
    drawAims({ kills: 9, seed: 5, rows, parallelism }),
    drawAims({ kills: 9, seed: 6, rows, parallelism }),
  );
});

test("drawAims hits every phase before any twice", () => {
  for (const seed of SEEDS) {
    const phases = drawAims({ kills: PHASES.length, seed, rows, parallelism }).map((aim) => aim.phase);
    assert.equal(new Set(phases).size, PHASES.length, `seed ${seed}`);
    assert.equal(
      new Set(drawAims({ kills: 5, seed, rows, parallelism }).map((aim) => aim.phase)).size,
      5,
      `seed ${seed}`,
    );
  }
});

test("drawAims gives as many aims as asked for, and reaches every point there is", () => {
  for (const kills of [0, 1, 5, 9, 30]) assert.equal(drawAims({ kills, seed: 3, rows, parallelism }).length, kills);
  const hit = new Set(SEEDS.flatMap((seed) => drawAims({ kills: 9, seed, rows, parallelism }).map((aim) => aim.point)));
  assert.deepEqual(hit, new Set(PHASES.flatMap((phase) => phase.points ?? [undefined])));
});

test("drawAims never begins with a restore, and arms the others one after the other, well before the end", () => {
  for (const seed of SEEDS) {
    for (const kills of [1, 2, 9, 20]) {
      const aims = drawAims({ kills, seed, rows, parallelism });
      assert.notEqual(aims[0]!.phase, "while restoring", `seed ${seed}`);
      const armed = aims.filter((aim) => aim.phase !== "while restoring").map((aim) => aim.armedAt);
      assert.deepEqual(
        armed,
        armed.toSorted((one, other) => one - other),
      );
      assert.ok(armed.every((share) => share >= 0 && share < 0.85));
    }
  }
});

test("drawAims aims at no alignment where nothing is aligned", () => {
  const aims = SEEDS.flatMap((seed) => drawAims({ kills: 9, seed, rows, parallelism: 1 }));
  assert.ok(aims.every((aim) => aim.point?.startsWith("alignment.") !== true));
  assert.ok(aims.some((aim) => aim.phase === "while the barrier travels"));
});

test("drawAims gives an aim of a long run up after it is armed and before the feed ends", () => {
  assert.ok(drawAims({ kills: 9, seed: 1, rows: 20_000, parallelism }).every((aim) => aim.givenUpAt === 1));
  for (const { armedAt, givenUpAt, phase } of SEEDS.flatMap((seed) =>
    drawAims({ kills: 9, seed, rows, parallelism }),
  )) {
    assert.ok(phase === "while restoring" ? givenUpAt === 1 : givenUpAt > armedAt && givenUpAt < 1);
  }
});

test("drawAims lets no point pass in a short run", () => {
  for (const seed of SEEDS) {
    assert.ok(
      drawAims({ kills: 9, seed, rows: 20_000, parallelism }).every((aim) => aim.occurrence === 1 && aim.delayMs < 20),
    );
  }
});
