import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { formatReport, type Report, startupBench } from "../src/startup/bench.ts";

const MAIN = fileURLToPath(new URL("../src/main.ts", import.meta.url));
const run = promisify(execFile);

test("the command starts processes that run a job, and leaves jobs waiting", async () => {
  const small = ["--starts", "2", "--idle", "20", "--json"];
  const { stdout } = await run(process.execPath, ["--conditions=@tidemark/source", MAIN, "startup", ...small]);
  const lines = stdout.trimEnd().split("\n");
  const report = JSON.parse(lines.at(-1) ?? "") as Report;
  assert.deepEqual([report.starts, report.idlePipelines], [2, 20]);
  assert.ok(report.importMs.least > 0 && report.firstRecordMs.least > 0 && report.secondJobMs.least > 0);
  // A job is more than a promise and less than a program.
  assert.ok(report.idleBytes.least > 1_000 && report.idleBytes.greatest < 1_000_000, `${report.idleBytes.median}`);
  assert.ok(report.bundleBytes > 10_000);
  assert.equal(lines.slice(0, -1).join("\n"), formatReport(report));
});

test("what cannot be measured is refused", async () => {
  await assert.rejects(startupBench(["--starts", "0"]), /Cannot use --starts 0/);
});
