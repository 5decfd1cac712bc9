import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";

import { programOf } from "../runtimes.ts";
import { nodeTestArguments } from "./node-runner.ts";
import { runJunit } from "./run-junit.ts";

interface Verdict {
  readonly succeeded: boolean;
  readonly passed: readonly string[];
  readonly failed: readonly string[];
  readonly output: string;
}

/** Runs one file of tests as the lanes do. */
async function verdictOf(program: string, source: string): Promise<Verdict> {
  const folder = mkdtempSync(join(tmpdir(), "tidemark-runner-"));
  const file = join(folder, "one.test.mjs");
  writeFileSync(file, `import assert from "node:assert/strict";\n${source}`);
  const programArguments = (report: string): readonly string[] => [...nodeTestArguments(report), file];
  const { cases, succeeded, output } = await runJunit({ program, programArguments, files: [file], leftOut: [] });
  rmSync(folder, { recursive: true });
  const named = (result: string): readonly string[] =>
    cases.filter((each) => each.result === result).map(({ name }) => name.replace(folder, ""));
  return { succeeded, passed: named("passed"), failed: named("failed"), output };
}

for (const runtime of ["node24", "node20"] as const) {
  const program = programOf(runtime);
  const options = { skip: program === undefined && `npm has no ${runtime} for this machine` };

  test(
    `nodeTestArguments: on ${runtime} tests belong to their suites, and no promise is followed`,
    options,
    async () => {
      const { succeeded, passed, output } = await verdictOf(
        program!,
        `import { executionAsyncId } from "node:async_hooks";
      import { beforeEach, describe, test } from "node:test";
      let before = 0;
      describe("suite", () => {
        beforeEach(() => before++);
        test("inner", async () => {
          await undefined;
          assert.deepEqual([before, executionAsyncId()], [1, 0]);
        });
      });
      test("outer", () => assert.equal(before, 1));`,
      );
      assert.deepEqual([succeeded, passed], [true, ["inner", "outer"]], output);
    },
  );

  for (const [what, source] of [
    ["a rejection", `await undefined; void Promise.reject(new Error("lost"));`],
    ["an error of a timer", `await new Promise((done) => setTimeout(() => { done(); throw new Error("lost"); }, 1));`],
    ["an error after its end", `setTimeout(() => { throw new Error("lost"); }, 20);`],
  ] as const) {
    test(`nodeTestArguments: on ${runtime} ${what} that nobody catches fails the file`, options, async () => {
      const { succeeded, passed, failed, output } = await verdictOf(
        program!,
        `import { test } from "node:test";
        test("first", async () => { ${source} });
        test("second", () => assert.ok(true));`,
      );
      assert.equal(succeeded, false, output);
      assert.deepEqual([passed, failed.length], [["first", "second"], 1], output);
      assert.match(output, /activity created the error "Error: lost"/);
    });
  }
}
