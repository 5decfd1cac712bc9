// runtimes: node24
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { connect } from "node:net";
import { execPath } from "node:process";
import { test } from "node:test";

import { guardAmbient } from "../../src/testing/sim/ambient.ts";

const HERE = new URL(import.meta.url);

const LEAKS: readonly (readonly [name: string, leak: () => unknown])[] = [
  ["readFileSync", () => readFileSync(HERE)],
  ["existsSync", () => existsSync(HERE)],
  ["readFile", () => readFile(HERE)],
  ["connect", () => connect(9)],
  ["spawn", () => spawn(execPath, ["--version"])],
];

test("guardAmbient: names that a program has imported from Node's modules throw while a simulation is under way", async () => {
  for (const [name, leak] of LEAKS) {
    const guard = guardAmbient();
    try {
      assert.throws(leak, new RegExp(`Cannot use ${name} in a simulated run`));
      assert.deepEqual(guard.leaks, [name]);
    } finally {
      guard.restore();
    }
  }
  assert.ok(existsSync(HERE));
  assert.deepEqual(await readFile(HERE), readFileSync(HERE));
});
