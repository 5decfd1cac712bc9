// runtimes: node24
import assert from "node:assert/strict";
import { test } from "node:test";
import { BeadFlagError, parseBeadFlags } from "../../src/beads/flags.ts";

test("parseBeadFlags: has a default for everything", () => {
  const flags = parseBeadFlags([]);
  assert.deepEqual(
    [flags.step, flags.frames, flags.pauseTheWorld, flags.colour, flags.speed],
    [false, false, false, true, 1],
  );
});

test("parseBeadFlags: reads what is given", () => {
  const flags = parseBeadFlags(["--step", "--pause-the-world", "--no-color", "--speed", "2.5", "--seed", "41"]);
  assert.deepEqual(
    [flags.step, flags.pauseTheWorld, flags.colour, flags.speed, flags.seed],
    [true, true, false, 2.5, 41],
  );
});

for (const [args, message] of [
  [["--speed", "fast"], "Cannot use --speed fast: it is a number from 0.1 to 100"],
  [["--speed", "0"], "Cannot use --speed 0: it is a number from 0.1 to 100"],
  [["--seed", "1.5"], "Cannot use --seed 1.5: it is a whole number from 0 to 4294967295"],
  [["--step", "--frames"], "Cannot use --step and --frames together: one waits for keys, the other does not wait"],
] as const) {
  test(`parseBeadFlags: refuses ${args.join(" ")}`, () => {
    assert.throws(() => parseBeadFlags(args), { name: "BeadFlagError", message });
  });
}

test("parseBeadFlags: refuses what it does not know", () => {
  assert.throws(() => parseBeadFlags(["--sped", "2"]), BeadFlagError);
  assert.throws(() => parseBeadFlags(["step"]), BeadFlagError);
});
