import assert from "node:assert/strict";
import { test } from "node:test";
import { durationMs, FlagError, parseFlags } from "../../src/flights/flags.ts";

test("parseFlags has defaults for everything", () => {
  const flags = parseFlags([]);
  assert.deepEqual(flags, {
    kills: 9,
    seed: 1,
    backend: "leveldb",
    parallelism: 1,
    splits: 1,
    rows: 3_000_000,
    bound: "15h",
    interval: "1s",
    json: false,
    keep: false,
    directory: undefined,
    help: false,
    remarks: [],
  });
});

test("parseFlags reads every flag", () => {
  const given =
    "--kills 12 --seed 7 --backend leveldb --parallelism 4 --rows 20000 --bound 90m --interval 50ms --directory d";
  const flags = parseFlags([...given.split(" "), "--json", "--keep", "--help"]);
  assert.deepEqual(
    [
      flags.kills,
      flags.seed,
      flags.backend,
      flags.parallelism,
      flags.rows,
      flags.bound,
      flags.interval,
      flags.directory,
    ],
    [12, 7, "leveldb", 4, 20_000, "90m", "50ms", "d"],
  );
  assert.deepEqual([flags.json, flags.keep, flags.help], [true, true, true]);
});

test("parseFlags reads the feed as one split, unless told otherwise", () => {
  assert.equal(parseFlags(["--parallelism", "4"]).splits, 1);
  assert.equal(parseFlags(["--parallelism", "4", "--splits", "2"]).splits, 2);
});

test("parseFlags kills nothing whose state is in memory, and says so", () => {
  assert.deepEqual(parseFlags(["--backend", "memory"]).remarks, []);
  const flags = parseFlags(["--backend=memory", "--kills=5"]);
  assert.equal(flags.kills, 0);
  assert.match(flags.remarks[0]!, /0 kills instead of 5/);
});

test("parseFlags refuses what it does not understand, with the value in the sentence", () => {
  const refused: readonly [string, RegExp][] = [
    ["--kills many", /--kills many: it is a whole number from 0 to 100/],
    ["--kills=-1", /--kills -1/],
    ["--kills 101", /--kills 101/],
    ["--seed 1.5", /--seed 1\.5/],
    ["--parallelism 0", /--parallelism 0: it is a whole number from 1 to 16/],
    ["--rows 3000001", /--rows 3000001: it is a whole number from 1 to 3000000/],
    ["--backend disk", /--backend disk: it is leveldb or memory/],
    ["--bound 15", /--bound 15: it is a duration/],
    ["--interval 0s", /--interval 0s: it is longer than 0/],
    ["--speed 9", /--speed/],
    ["flights", /flights/],
  ];
  for (const [text, message] of refused) {
    assert.throws(
      () => parseFlags(text.split(" ")),
      (error) => error instanceof FlagError && message.test(error.message),
      text,
    );
  }
});

test("durationMs knows its units", () => {
  assert.deepEqual(["20ms", "3s", "2m", "15h", "1d"].map(durationMs), [20, 3_000, 120_000, 54_000_000, 86_400_000]);
});
