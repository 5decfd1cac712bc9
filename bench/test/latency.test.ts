import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { readFlags } from "../src/latency/flags.ts";
import { Histogram } from "../src/latency/histogram.ts";
import { formatReport, type Report } from "../src/latency/report.ts";

const MAIN = fileURLToPath(new URL("../src/main.ts", import.meta.url));
const run = promisify(execFile);

test("the command times every record of a schedule, with and without checkpoints", async () => {
  const small = ["--keys", "100", "--records", "5000", "--rate", "20000", "--seconds", "0.25", "--json"];
  const { stdout } = await run(process.execPath, ["--conditions=@tidemark/source", MAIN, "latency", ...small]);
  const lines = stdout.trimEnd().split("\n");
  const report = JSON.parse(lines.at(-1) ?? "") as Report;
  assert.deepEqual(
    report.rows.map(({ keys, checkpoints, samples, recordsPerSecond }) => [
      keys,
      checkpoints,
      samples,
      recordsPerSecond,
    ]),
    [
      [100, "none", 5_000, 20_000],
      [100, "1s", 5_000, 20_000],
    ],
  );
  for (const { p50Ms, p99Ms, p9999Ms, maxMs, checkpointsCompleted } of report.rows) {
    assert.ok(p50Ms >= 0 && p50Ms <= p99Ms && p99Ms <= p9999Ms && p9999Ms <= maxMs);
    assert.ok(checkpointsCompleted >= 1);
  }
  assert.equal(lines.slice(0, -1).join("\n"), formatReport(report));
});

test("a percentile of a histogram is less than one in a hundred above that of the sorted times", () => {
  const histogram = new Histogram();
  assert.equal(histogram.percentileUs(0.99), 0);
  const times = Array.from({ length: 20_000 }, (_, index) => Math.floor(index ** 2.2 / 7));
  for (const time of times) histogram.record(time);
  histogram.record(-5);
  const sorted = [0, ...times];
  for (const share of [0.001, 0.1, 0.5, 0.9, 0.99, 0.9999, 1]) {
    const exact = sorted[Math.ceil(share * sorted.length) - 1] ?? 0;
    const found = histogram.percentileUs(share);
    assert.ok(found >= exact && found <= exact * 1.01, `${share}: ${found} and ${exact}`);
  }
  assert.deepEqual([histogram.samples, histogram.greatestUs], [20_001, times.at(-1)]);
});

test("what cannot be measured is refused", () => {
  assert.throws(() => readFlags(["--seconds", "0"]), /Cannot use --seconds 0/);
  assert.throws(() => readFlags(["--rate", "much"]), /Cannot use --rate much/);
  assert.equal(readFlags([]).recordsPerSecond, undefined);
});
