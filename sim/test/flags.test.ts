// runtimes: node24
import assert from "node:assert/strict";
import { test } from "node:test";

import { flagsOf } from "../src/flags.ts";

test("flagsOf: a thousand seeds from 1, unless said otherwise", () => {
  const { mode, seed, seeds, json } = flagsOf([]);
  assert.deepEqual([mode, seed, seeds, json], ["swarm", 1, undefined, false]);
  assert.equal(flagsOf(["--seed", "7", "--seeds", "20"]).seeds, 20);
  assert.deepEqual([flagsOf(["--planted"]).mode, flagsOf(["--sweep"]).mode], ["planted", "sweep"]);
  assert.deepEqual([flagsOf([]).jobs, flagsOf(["--jobs", "4"]).jobs], [1, 4]);
  assert.deepEqual([flagsOf([]).only, flagsOf(["--only", "a b", "--only", "c"]).only], [[], ["a b", "c"]]);
  assert.deepEqual(flagsOf(["--replay", "seed=7"]).replay, "seed=7");
});

test("flagsOf: where a bug can show is one of a few names", () => {
  assert.deepEqual([flagsOf([]).where, flagsOf(["--where", "s3"]).where], [undefined, "s3"]);
  assert.throws(() => flagsOf(["--where", "toString"]), { name: "RangeError", message: /--where toString/ });
});

test("flagsOf: refuses what it does not know, and says what there is", () => {
  assert.throws(() => flagsOf(["--sedes", "3"]), { name: "RangeError", message: /--sedes[^]*--seeds N/ });
  for (const text of ["many", "-1", ""]) {
    assert.throws(() => flagsOf([`--seeds=${text}`]), { name: "RangeError", message: /--seeds .*: give a number/ });
  }
});
