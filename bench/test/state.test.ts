import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { readFlags } from "../src/state/flags.ts";
import { formatGrowth, type Growth } from "../src/state/growth.ts";
import { BOUNDS, exceeded, formatReport, type Report } from "../src/state/report.ts";
import { scattered, spread } from "../src/state/touches.ts";
import { writtenMax } from "../src/state/written-max.ts";

const MAIN = fileURLToPath(new URL("../src/main.ts", import.meta.url));
const run = promisify(execFile);

test("the command measures every backend, and prints everything as JSON on its last line", async () => {
  const small = ["--keys", "3000", "--records", "2000", "--value-bytes", "100", "--limit-mb", "all,1", "--churn", "2"];
  const { stdout, stderr } = await run(process.execPath, [
    "--conditions=@tidemark/source",
    MAIN,
    "state",
    "--json",
    ...small,
  ]);
  const lines = stdout.trimEnd().split("\n");
  const report = JSON.parse(lines.at(-1) ?? "") as Report;
  assert.deepEqual(
    report.rows.map(({ backend, limitBytes }) => [backend, limitBytes]),
    [
      ["memory", null],
      ["leveldb", null],
      ["leveldb", 1_000_000],
      ["s3", null],
      ["s3", 1_000_000],
    ],
  );
  for (const row of report.rows) {
    assert.ok(row.stateBytes > 3_000 * 100 && row.loadsPerSecond > 0 && row.turnMs.wall.max >= row.turnMs.wall.p99);
    assert.ok(row.turnMs.processor.max > 0);
    assert.deepEqual(
      row.churn.map(({ rounds }) => rounds),
      [2, 1, 1],
    );
    for (const { percent, checkpointOverChanged } of row.churn) {
      assert.ok(
        checkpointOverChanged > 0.9 && checkpointOverChanged <= BOUNDS.checkpointOverChanged,
        `${row.backend}, ${percent} of 100: ${checkpointOverChanged}`,
      );
    }
  }
  const [, onDisk, , inObjects, spilled] = report.rows;
  assert.ok(onDisk !== undefined && inObjects !== undefined && spilled !== undefined);
  for (const { written } of onDisk.churn) {
    assert.ok(written !== null && written.parts !== null);
    const { log, flushed, compacted } = written.parts;
    // Each value, and what it replaces.
    assert.ok(log > 1.9 && flushed >= 0 && compacted >= 0, JSON.stringify(written));
    assert.ok(Math.abs(log + flushed + compacted - written.overChanged) < 1e-9);
  }
  assert.ok((onDisk.storedOverLive ?? Infinity) <= BOUNDS.storedOverLive);
  assert.deepEqual(exceeded(onDisk), []);
  const [first, ...others] = onDisk.churn;
  assert.ok(first?.written);
  const tooMuch = { ...first.written, overChanged: first.written.overChangedMax + 1 };
  assert.match(
    exceeded({ ...onDisk, churn: [{ ...first, written: tooMuch }, ...others] }).join(),
    /^written over changed, 1 of 100, /,
  );
  for (const { layers, segments } of [inObjects, spilled]) {
    assert.ok(layers !== null && layers >= 1 && layers <= BOUNDS.layers, `${layers} layers`);
    assert.ok(segments !== null && segments >= 1);
  }
  assert.equal(onDisk.layers, null);
  for (const { requests } of [inObjects, spilled]) {
    assert.ok(requests !== null && requests.ofCheckpoint <= requests.ofCheckpointMax, JSON.stringify(requests));
    assert.ok(requests.ofCheckpoint >= 2 && requests.ofStart >= 6);
  }
  // What is not in memory is read; the checkpoints are not charged for it.
  assert.equal(inObjects.requests?.ofThousandReads, 0);
  assert.ok((spilled.requests?.ofThousandReads ?? 0) > 0);
  assert.equal(lines.slice(0, -1).join("\n"), formatReport(report));
  assert.match(stderr, /leveldb: changed 20 of 100 keys/);
});

test("with --growth the command tells of the turns of the event loop while a table grows", async () => {
  const asked = ["state", "--growth", "--keys", "30000", "--json"];
  const { stdout } = await run(process.execPath, ["--conditions=@tidemark/source", MAIN, ...asked]);
  const lines = stdout.trimEnd().split("\n");
  const growth = JSON.parse(lines.at(-1) ?? "") as Growth;
  assert.equal(growth.keys, 30_000);
  assert.ok(growth.heapBytesPerKey > 50 && growth.processorSeconds > 0);
  const { p50, p99, max } = growth.turnMs;
  assert.ok(p50 > 0 && p50 <= p99 && p99 <= max);
  assert.equal(growth.longestMs.length, 10);
  assert.ok((growth.longestMs.at(-1) ?? Infinity) <= max);
  assert.equal(lines.slice(0, -1).join("\n"), formatGrowth(growth));
});

test("what LevelDB may write for each changed byte is known from the state and its write buffer", () => {
  const [state, changed, mib] = [69e6, 18e6, 1024 * 1024];
  assert.equal(Math.round(writtenMax("leveldb", state, changed, 16 * mib)), 25);
  assert.equal(Math.round(writtenMax("leveldb", state, changed, 64 * mib)), 17);
  assert.equal(Math.round(writtenMax("leveldb", state, 1e6, 16 * mib)), 147);
  assert.equal(writtenMax("s3", state, changed, 16 * mib), 12);
});

test("what cannot be measured is refused", () => {
  assert.throws(() => readFlags(["--keys", "0"]), /Cannot use --keys 0/);
  assert.throws(
    () => readFlags(["--latency-ms=-1"]),
    /Cannot use --latency-ms -1: it must be a whole number, at least 0/,
  );
  assert.throws(
    () => readFlags(["--backend", "memory,paper"]),
    /Cannot measure backend "paper": there is memory, leveldb, s3/,
  );
  assert.throws(() => readFlags(["--limit-mb", "much"]), /Cannot use --limit-mb much/);
  assert.deepEqual(readFlags(["--growth"]).keys, [10_000_000]);
  assert.deepEqual(readFlags(["--limit-mb", "all,64"]).limits, [undefined, 64_000_000]);
});

test("scattered keys reach all of them, and spread ones are different", () => {
  const indexes = Array.from({ length: 1_000 }, (_, index) => index);
  const reached = new Set(indexes.map(scattered(100)));
  assert.equal(reached.size, 100);
  assert.ok([...reached].every((key) => key >= 0 && key < 100));
  assert.equal(new Set(indexes.map(spread(20_000, 1_000))).size, 1_000);
});
