/** The simulation is the same on every runtime, to the last step. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";

import { execute } from "./execute.ts";
import { programOf, type Runtime } from "./runtimes.ts";
import { ROOT } from "./workspace.ts";

const MAIN = join(ROOT, "sim/src/main.ts");
const CONDITION = "--conditions=@tidemark/source";
const FLAGS = ["--seeds", "12", "--json"];

const LAUNCHES: readonly (readonly [Runtime, readonly string[]])[] = [
  ["node24", [CONDITION, MAIN]],
  ["deno", ["run", "--allow-all", "--no-check", CONDITION, MAIN]],
  ["bun", [CONDITION, MAIN]],
];

async function traceHashOn(runtime: Runtime, launch: readonly string[]): Promise<string> {
  const outcome = await execute(programOf(runtime)!, [...launch, ...FLAGS], { env: { DENO_NO_UPDATE_CHECK: "1" } });
  assert.ok(outcome.succeeded, outcome.output);
  const result = JSON.parse(outcome.stdout.trimEnd().split("\n").at(-1)!) as { seeds: number; traceHash: string };
  assert.equal(result.seeds, 12);
  return result.traceHash;
}

test("the same seeds leave the same trace on Node, Deno and Bun", async (context) => {
  const here = LAUNCHES.filter(([runtime]) => programOf(runtime) !== undefined);
  const hashes = await Promise.all(here.map(([runtime, launch]) => traceHashOn(runtime, launch)));
  context.diagnostic(here.map(([runtime], index) => `${runtime} ${hashes[index]}`).join(", "));
  assert.ok(hashes.length >= 2);
  assert.equal(new Set(hashes).size, 1, hashes.join(" "));
});
