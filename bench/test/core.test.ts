import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { execFile } from "node:child_process";
import { promisify } from "node:util";

import { COMPUTATIONS } from "../src/core/computations/mod.ts";
import { readFlags } from "../src/core/flags.ts";
import { measure } from "../src/core/measure.ts";
import { formatReport, type Report } from "../src/core/report.ts";
import { makeSales } from "../src/core/sales.ts";
import { spreadOf } from "../src/statistics.ts";

const MAIN = fileURLToPath(new URL("../src/main.ts", import.meta.url));
const BENCH = ["--conditions=@tidemark/source", MAIN, "core"];
const run = promisify(execFile);

function silent(): void {
  // Nobody watches a test's progress.
}

test("every computation gives the loop's results, with and without shuffles and checkpoints", async () => {
  const sales = makeSales(4_000, 40);
  const configurations = [1, 4].flatMap((parallelism) => [
    { parallelism, checkpoints: "none" as const },
    { parallelism, checkpoints: "100ms" as const },
  ]);
  for (const computation of COMPUTATIONS) {
    const measured = await measure(computation, sales, { configurations, repeat: 1, progress: silent });
    assert.equal(measured.length, configurations.length);
    assert.ok(computation.loop(sales.all).results > 10, `${computation.name} has results to compare`);
    for (const { ratio, processorRatio, cost, checkpointsCompleted } of measured) {
      assert.ok(ratio.median > 0 && processorRatio.median >= 0 && cost.median > 0);
      assert.ok(checkpointsCompleted.least >= 1, "every run ends with a checkpoint");
    }
  }
});

test("a run whose results differ from the loop's does not count", async () => {
  const [computation] = COMPUTATIONS;
  assert.ok(computation !== undefined);
  const wrong = { ...computation, loop: () => ({ results: 1, checksum: 2 }) };
  const configurations = [{ parallelism: 1, checkpoints: "none" as const }];
  const measuring = measure(wrong, makeSales(100, 10), { configurations, repeat: 1, progress: silent });
  await assert.rejects(measuring, /Cannot count a run of count: it gave .* and the loop .*"results":1/);
});

test("sales are the same every time, and each product's are in one partition, those given back too", () => {
  const sales = makeSales(5_000, 100);
  assert.deepEqual(makeSales(5_000, 100).all, sales.all);
  const partitions = sales.partitions(4);
  assert.equal(partitions.length, 4);
  assert.equal(
    partitions.reduce((sum, partition) => sum + partition.length, 0),
    sales.all.length,
  );
  sales.returns(4).forEach((given, index) => {
    assert.deepEqual(
      given,
      partitions[index]?.filter(({ units }) => units < 0),
    );
  });
  const products = partitions.map((partition) => new Set(partition.map((sale) => sale.product)));
  assert.equal(
    products.reduce((sum, each) => sum + each.size, 0),
    new Set(sales.all.map((sale) => sale.product)).size,
  );
});

test("the command prints a table, and everything as JSON on its last line", async () => {
  const small = "--records 10000 --repeat 1 --keys 1000 --only count,hourly-total --checkpoints none,1s --json".split(
    " ",
  );
  const { stdout, stderr } = await run(process.execPath, [...BENCH, ...small]);
  const lines = stdout.trimEnd().split("\n");
  const report = JSON.parse(lines.at(-1) ?? "") as Report;
  assert.equal(report.benchmark, "core");
  assert.deepEqual(
    report.rows.map(({ computation, keys, parallelism, checkpoints }) => [computation, keys, parallelism, checkpoints]),
    [
      ["count", 1_000, 1, "none"],
      ["count", 1_000, 1, "1s"],
      ["count", 1_000, 4, "none"],
      ["count", 1_000, 4, "1s"],
      ["hourly-total", 1_000, 1, "none"],
      ["hourly-total", 1_000, 1, "1s"],
      ["hourly-total", 1_000, 4, "none"],
      ["hourly-total", 1_000, 4, "1s"],
    ],
  );
  assert.equal(lines.slice(0, -1).join("\n"), formatReport(report));
  assert.match(stderr, /count, 1000 keys: round 1 of 1/);
});

test("the other libraries come to the same totals, and nothing else is measured if they are asked for alone", async () => {
  const small = "--records 3000 --repeat 1 --keys 100 --only rivals --json".split(" ");
  const { stdout } = await run(process.execPath, [...BENCH, ...small]);
  const lines = stdout.trimEnd().split("\n");
  const report = JSON.parse(lines.at(-1) ?? "") as Report;
  assert.deepEqual(report.rows, []);
  assert.deepEqual(
    report.rivals.map(({ rival, keys, rivalSales, engineSales }) => [
      rival.split(" ")[0],
      keys,
      rivalSales,
      engineSales,
    ]),
    ["rxjs", "db-ivm", "d2ts"].map((name) => [name, 100, 3_000, 3_000]),
  );
  for (const { ratio } of report.rivals) assert.ok(ratio.median > 0);
  assert.equal(lines.slice(0, -1).join("\n"), formatReport(report));
});

test("what cannot be measured is refused", async () => {
  assert.deepEqual(readFlags([]).checkpoints, ["none", "1s", "100ms"]);
  assert.throws(() => readFlags(["--records", "0"]), /Cannot use --records 0/);
  assert.throws(() => readFlags(["--checkpoints", "1h"]), /Cannot use --checkpoints 1h: there is none, 1s, 100ms/);
  assert.equal(readFlags(["--only", "count"]).rivals, false);
  assert.equal(readFlags(["--no-rivals"]).rivals, false);
  assert.throws(() => readFlags(["--only", "sorting"]), /Cannot measure "sorting": there is count, /);
  await assert.rejects(run(process.execPath, ["--conditions=@tidemark/source", MAIN, "speed"]), { code: 2 });
});

test("a spread names the middle and both ends", () => {
  assert.deepEqual(spreadOf([3, 1, 2]), { median: 2, least: 1, greatest: 3 });
  assert.deepEqual(spreadOf([4, 1, 2, 3]), { median: 2.5, least: 1, greatest: 4 });
  assert.throws(() => spreadOf([]), RangeError);
});
