/** Runs a test runner that writes a JUnit file, and reads what it wrote. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { execute, type ExecuteOptions } from "../execute.ts";
import { readJunit } from "../junit.ts";
import { fromRoot } from "../workspace.ts";
import type { LaneResult, LeftOut } from "./lane.ts";

/** What to run. */
export interface JunitRun extends ExecuteOptions {
  readonly program: string;
  /** The arguments, given where the report shall be written. */
  readonly programArguments: (report: string) => readonly string[];
  /** The test files, as full paths. */
  readonly files: readonly string[];
  readonly leftOut: readonly LeftOut[];
}

/** Runs it, and returns what the report says. */
export async function runJunit(run: JunitRun): Promise<LaneResult> {
  const folder = mkdtempSync(join(tmpdir(), "tidemark-report-"));
  const report = join(folder, "junit.xml");
  try {
    const outcome = await execute(run.program, run.programArguments(report), run);
    const cases = existsSync(report) ? readJunit(readFileSync(report, "utf8")) : [];
    return {
      cases,
      succeeded: outcome.succeeded,
      output: outcome.output,
      leftOut: run.leftOut,
      files: run.files.map(fromRoot),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
