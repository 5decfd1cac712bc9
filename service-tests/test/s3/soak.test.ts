import assert from "node:assert/strict";
import { test } from "node:test";
import { runMain } from "../../src/soak/run-main.ts";

const SEED = process.env["SEED"] ?? "1";

test(`soak on S3 behind faults: killed 6 times, no row is lost, doubled or wrong, and nothing is left, seed ${SEED}`, async () => {
  const { code, output, result } = await runMain("--kills", "6", "--backend", "s3", "--seed", SEED, "--json");
  assert.equal(code, 0, output);
  const { passed, kills, lost, doubled, wrong, orphans } = result;
  assert.deepEqual([passed, kills, lost, doubled, wrong, orphans], [true, 6, 0, 0, 0, 0], output);
  assert.ok(Number(result["restores"]) >= 3, output);
});
