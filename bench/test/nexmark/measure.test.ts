import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { checkOf } from "../../src/nexmark/measure/check.ts";
import { readMeasureFlags } from "../../src/nexmark/measure/flags.ts";
import { markdownOf } from "../../src/nexmark/measure/markdown.ts";
import { formatNexmark, type NexmarkReport } from "../../src/nexmark/measure/report.ts";
import { eventsOf, workload } from "../../src/nexmark/measure/workload.ts";
import { Fingerprints, fingerprintOf } from "../../src/nexmark/oracle/fingerprint.ts";
import { ORACLE, type Row } from "../../src/nexmark/oracle/mod.ts";
import type { Output } from "../../src/nexmark/run/job.ts";

const MAIN = fileURLToPath(new URL("../../src/nexmark/main.ts", import.meta.url));
const run = promisify(execFile);

test("the command measures queries in every place, prints tables, and everything as JSON on its last line", async () => {
  const small = ["--all", "--only", "q2,q18", "--events", "3000", "--rounds", "1", "--markdown", "--json"];
  const { stdout, stderr } = await run(process.execPath, ["--conditions=@tidemark/source", MAIN, ...small]);
  const lines = stdout.trimEnd().split("\n");
  const report = JSON.parse(lines.at(-1) ?? "") as NexmarkReport;
  const places = ["10M/s", "10k/s"].flatMap((profile) =>
    ["memory", "leveldb", "file-sink"].map((setup) => [profile, setup]),
  );
  assert.deepEqual(
    report.rows.map(({ query, profile, setup }) => [query, profile, setup]),
    ["q2", "q18"].flatMap((query) => places.map((place) => [query, ...place])),
  );
  for (const { events, rounds, checkpoints, eventsPerSecondPerCore } of report.rows) {
    assert.deepEqual([events, rounds], [3_000, 1]);
    assert.ok(checkpoints.least >= 1 && eventsPerSecondPerCore.median > 0);
  }
  assert.equal(lines.slice(0, -1).join("\n"), markdownOf(report));
  assert.match(markdownOf(report), /\| query \| events \| memory, 10M\/s \|(.*\n){2}\| q2 \| 3,000 \| \d/);
  assert.match(formatNexmark(report), /query +events +memory 10M\/s(.*\n)q2 +3000 +\d/);
  assert.match(stderr, /2 of 2 queries measured/);
});

test("an answer that lacks a row, has one too many or another one is refused", () => {
  const work = workload("10k/s", 2_000);
  const check = checkOf("q1", work);
  const rows = ORACLE.q1(work.log);
  const [first = [], ...others] = rows;
  check(rows.toReversed());
  assert.throws(() => check(others), /1 rows are missing and 0 are not expected/);
  assert.throws(() => check([...rows, first]), /0 rows are missing and 1 are not expected/);
  assert.throws(() => check([[first[0] ?? 0, 1], ...others]), /1 rows are missing and 1 are not expected/);
  const table = checkOf("q17", work);
  const changes = ORACLE.q17(work.log).map((row): Output => [1, row]);
  const passing: Row = ["for a moment"];
  table([[1, passing], ...changes, [-1, passing]]);
  assert.throws(() => table([[1, passing], ...changes]), /0 rows are missing and 1 are not expected/);
  assert.throws(() => checkOf("q12", work)([]), /it has 0 of \d+ bids/);
});

test("a fingerprint is that of a multiset of rows", () => {
  const rows: readonly Row[] = [[1, "a"], [1, "b"], [-0.5, null], ["1", "a"], []];
  const fingerprint = fingerprintOf(rows);
  assert.deepEqual(fingerprintOf(rows.toReversed()), fingerprint);
  const sum = new Fingerprints();
  for (const row of [...rows, [2]]) sum.add(1, row);
  sum.add(-1, [2]);
  assert.deepEqual(sum.fingerprint, fingerprint);
  const each = rows.map((row) => JSON.stringify(fingerprintOf([row])));
  assert.equal(new Set(each).size, rows.length);
  assert.deepEqual(fingerprintOf([[-0]]), fingerprintOf([[0]]));
  assert.notDeepEqual(fingerprintOf([["ab", "c"]]), fingerprintOf([["a", "bc"]]));
});

test("what cannot be measured is refused", () => {
  assert.throws(() => readMeasureFlags(["--only", "q23"]), /Cannot use --only q23: there is q0, /);
  assert.throws(() => readMeasureFlags(["--setups", "paper"]), /Cannot use --setups paper: there is memory, /);
  assert.throws(() => readMeasureFlags(["--rounds", "0"]), /Cannot use --rounds 0/);
  assert.throws(() => readMeasureFlags(["--fast"]), /--fast/);
  assert.equal(readMeasureFlags([]).events, undefined);
  assert.ok(eventsOf("q16") < eventsOf("q0"));
});
