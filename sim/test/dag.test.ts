// runtimes: node24, deno, bun
import assert from "node:assert/strict";
import { test } from "node:test";

import { calmSettings, runTrial, simRandom, subjectOf } from "@tidemark/core/testing";
import { simMemory } from "@tidemark/backend-memory/testing";

import { buildDag } from "../src/dag/build.ts";
import { drawDag } from "../src/dag/draw.ts";
import { interpret } from "../src/dag/interpret.ts";
import { dagText, type DagSpec, type Rec } from "../src/dag/spec.ts";

const at = (k: string, n: number, time: number): Rec => ({ k, n, at: time });
const records = [at("k0", 1, 1000), at("k0", 2, 1050), at("k1", 3, 1100), at("k0", 2, 1400)];
const source = { kind: "source", id: "in", splits: { a: records }, outOfOrderMs: 0, timed: true } as const;
const rowsOf = (...steps: DagSpec): readonly Rec[] =>
  interpret([source, ...steps, { kind: "sink", id: "out", from: steps.length }]).get("out")!;

test("interpret says what each step means", () => {
  const count = rowsOf({ kind: "count", id: "s", from: 0 });
  assert.deepEqual(count, [at("k0", 1, 0), at("k0", 2, 0), at("k0", 3, 0), at("k1", 1, 0)]);
  const distinct = rowsOf({ kind: "distinct", id: "s", from: 0 });
  assert.deepEqual(distinct, [at("k0", 1, 0), at("k0", 2, 0), at("k1", 3, 0)]);
  const tumbling = rowsOf({ kind: "tumbling", id: "s", from: 0, sizeMs: 100 });
  assert.deepEqual(tumbling, [at("k0", 3, 1099), at("k0", 2, 1499), at("k1", 3, 1199)]);
  const sliding = rowsOf({ kind: "sliding", id: "s", from: 0, sizeMs: 200, everyMs: 100 });
  assert.deepEqual(sliding, [
    at("k0", 3, 1199),
    at("k0", 3, 1099),
    at("k0", 2, 1599),
    at("k0", 2, 1499),
    at("k1", 3, 1299),
    at("k1", 3, 1199),
  ]);
  const session = rowsOf({ kind: "session", id: "s", from: 0, gapMs: 350 });
  assert.deepEqual(session, [at("k0", 5, 1750), at("k1", 3, 1450)]);
  const flat = rowsOf({ kind: "flatMap", from: 0, most: 3 });
  assert.deepEqual(
    flat.map(({ n }) => n),
    [1, 2, 3, 2, 3],
  );
  const side = rowsOf({ kind: "route", id: "s", from: 0 }, { kind: "side", from: 1 });
  assert.deepEqual(side, [at("k0", 1, 1000), at("k1", 3, 1100)]);
});

const text = ({ k, n, at: time }: Rec): string => `${k} ${n} ${time}`;

test("interpret says what meets in joins, and what is set aside", () => {
  const pairs = rowsOf({ kind: "pairs", id: "s", from: 0, other: 0 });
  assert.equal(pairs.length, 10);
  const times = (how: "interval" | "inner" | "window"): readonly number[] =>
    rowsOf({ kind: "join", id: "s", from: 0, other: 0, how, spanMs: 100 }).map(({ at: time }) => time);
  assert.deepEqual(times("interval"), [1000, 1050, 1050, 1100, 1400]);
  assert.deepEqual(times("inner"), [1000, 1050, 1050, 1050, 1100, 1400]);
  assert.deepEqual(times("window"), [1099, 1099, 1099, 1099, 1199, 1499]);
  const allowed = rowsOf(
    { kind: "filter", from: 0, modulus: 3, rest: 2 },
    { kind: "allowed", id: "s", from: 0, other: 1, by: "key" },
  );
  assert.deepEqual(allowed, [at("k0", 1, 0), at("k1", 3, 0)]);
  assert.deepEqual(rowsOf({ kind: "poison", id: "s", from: 0 }), [
    at("k0", 1, 0),
    at("k0", 2, 0),
    at("k0", 501, 0),
    at("k1", 1, 0),
  ]);
  assert.deepEqual(rowsOf({ kind: "tardy", id: "s", from: 0, sizeMs: 100 }), [at("k0", 5, 0), at("k1", 3, 0)]);
});

test("the engine and the interpreter agree on random pipelines", async () => {
  const kinds = new Set<string>();
  for (let seed = 1; seed <= 60; seed++) {
    const spec = drawDag(simRandom(seed));
    for (const { kind } of spec) kinds.add(kind);
    const sources = Object.fromEntries(
      spec.flatMap((step) => (step.kind === "source" ? [[step.id, step.splits]] : [])),
    );
    const subject = subjectOf(() => buildDag(spec, { upgraded: false }), { backend: simMemory(), sources });
    const { rows, violations } = await runTrial(
      subject,
      { seed, plan: [] },
      calmSettings({ restart: "none" }),
      undefined,
    );
    assert.deepEqual(violations, [], dagText(spec));
    for (const [id, expected] of interpret(spec)) {
      const all = rows.get(id) as readonly Rec[];
      const isTable = spec.some((step) => step.kind === "sink" && step.id === id && step.isTable === true);
      const found = isTable ? [...new Map(all.map((rec) => [rec.k, rec])).values()] : all;
      assert.deepEqual(
        found.map(text).toSorted(),
        expected.map(text).toSorted(),
        `seed ${seed}: ${dagText(spec)}, ${id}`,
      );
    }
  }
  assert.equal(kinds.size, 25);
});
