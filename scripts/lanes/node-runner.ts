/** How Node's own test runner is called. */
import { readFileSync } from "node:fs";
import { join } from "node:path";

import { transformSync } from "esbuild";

import { ROOT } from "../workspace.ts";

/** A module that Node loads first, as one argument: Node 20 cannot read the file itself. */
function preload(file: string): string {
  const source = readFileSync(join(ROOT, file), "utf8");
  const { code } = transformSync(source, { loader: "ts", format: "esm", target: "node20", minifyWhitespace: true });
  return `--import=data:text/javascript,${encodeURIComponent(code)}`;
}

/** The arguments before the test files: two files at a time, and a JUnit report. */
export function nodeTestArguments(report: string): readonly string[] {
  return [
    preload("scripts/lanes/untracked-promises.ts"),
    "--test",
    "--test-concurrency=2",
    "--test-reporter=spec",
    "--test-reporter-destination=stdout",
    "--test-reporter=junit",
    `--test-reporter-destination=${report}`,
  ];
}
