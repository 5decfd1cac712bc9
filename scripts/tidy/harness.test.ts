/** Each operator of core has been driven through all that the contract of operators allows, by the harness. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import { ROOT } from "../workspace.ts";
import { withoutComments } from "./source-code.ts";

const OPERATORS = join(ROOT, "packages/core/src/operators");
const TESTS = join(ROOT, "packages/core/test/operators");

/** For each file with an operator in it, the tests that run the harness over it. */
const VERIFIED: Readonly<Record<string, readonly string[]>> = {
  "async/async-map.ts": ["async/async-map.property.test.ts"],
  "atomic-flat-map.ts": ["flat-map.test.ts"],
  "filter.ts": ["filter.test.ts"],
  "flat-map.ts": ["flat-map.test.ts"],
  "keyed-operator.ts": [
    "process.test.ts",
    "process-timers.test.ts",
    "connected-process.test.ts",
    "joins/interval-join.test.ts",
    "joins/retention-join.test.ts",
    "joins/temporal-join.test.ts",
  ],
  "map.ts": ["map.test.ts"],
  "reduce.ts": ["reduce.test.ts"],
  // It waits for its writer, which the suite of sinks sees to.
  "sink.ts": [],
  "subtask-operator.ts": ["subtask-process.test.ts", "broadcast-process.test.ts"],
  "windows/plain-windows.ts": ["windows/plain-windows.test.ts", "windows/paged-windows-verified.test.ts"],
  "windows/window-operator.ts": [
    "windows/window-operator.test.ts",
    "windows/triggers/trigger-driver.test.ts",
    "joins/window-join.test.ts",
  ],
};

const sourceOf = (file: string): string => withoutComments(readFileSync(file, "utf8"));

test("every operator of core has its run by the harness, in a test that is named here", () => {
  const operators = readdirSync(OPERATORS, { recursive: true, encoding: "utf8" })
    .map((path) => path.replaceAll("\\", "/"))
    .filter((path) => path.endsWith(".ts"))
    .filter((path) => /\bimplements [^{]*\bOperator\b/.test(sourceOf(join(OPERATORS, path))));
  assert.deepEqual(operators.toSorted(), Object.keys(VERIFIED).toSorted());
});

test("the tests that are named run the harness", () => {
  const silent = [...new Set(Object.values(VERIFIED).flat())].filter(
    (path) => !/\bverify(Async)?Operator\(/.test(sourceOf(join(TESTS, path))),
  );
  assert.deepEqual(silent, []);
});
