// runtimes: node24
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import process from "node:process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

import { isSound } from "../src/modes/swarm-mode.ts";
import { missingProbes, PROBES } from "../src/probes.ts";

const MAIN = fileURLToPath(new URL("../src/main.ts", import.meta.url));

function sim(...words: readonly string[]): {
  readonly status: number | null;
  readonly last: string;
  readonly said: string;
} {
  const found = spawnSync(process.execPath, ["--conditions=@tidemark/source", MAIN, ...words], { encoding: "utf8" });
  return { status: found.status, last: found.stdout.trimEnd().split("\n").at(-1) ?? "", said: found.stderr };
}

test("npm run sim: ends with 0 where nothing is wrong, and with what it did as one object on its last line", () => {
  const { status, last, said } = sim("--seeds", "2", "--seed", "5", "--json");
  assert.equal(status, 0);
  const result = JSON.parse(last) as Record<string, unknown>;
  for (const name of ["seeds", "crashes", "checkpoints", "simulatedSecondsPerSecond", "probes", "violations"]) {
    assert.ok(name in result, name);
  }
  assert.deepEqual([result["seeds"], result["violations"]], [2, []]);
  assert.match(said, /2 seeds, .* simulated seconds per second, 0 violations/);
});

test("npm run sim: ends with 1 where it was blind, and with 2 where it was asked for what there is not", () => {
  assert.equal(sim("--planted", "--only", "no bug has this name").status, 1);
  const { status, said } = sim("--sedes", "3");
  assert.equal(status, 2);
  assert.match(said, /--sedes/);
});

test("isSound: a violation is never sound, a probe that was never reached only in few seeds", () => {
  const violation = { seed: 1, found: ["lost row"], replay: "seed=1" };
  assert.ok(isSound({ seeds: 10, violations: [] }, ["a probe"]));
  assert.ok(isSound({ seeds: 1e6, violations: [] }, []));
  assert.ok(!isSound({ seeds: 10, violations: [violation] }, []));
  assert.ok(!isSound({ seeds: 2_000, violations: [] }, ["a probe"]));
});

test("missingProbes: names each probe that was not reached", () => {
  assert.deepEqual(missingProbes(new Map(PROBES.slice(1).map((name) => [name, 1]))), PROBES.slice(0, 1));
  assert.deepEqual(missingProbes(new Map(PROBES.map((name) => [name, 1]))), []);
});
