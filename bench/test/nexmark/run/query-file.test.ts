import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { nexmark, type NexmarkEvent } from "../../../src/nexmark/generator/mod.ts";
import { checkAnswer, collect, type QueryName, type Row } from "../../../src/nexmark/oracle/mod.ts";
import { readFileFlags } from "../../../src/nexmark/run/flags.ts";
import { drawKills } from "../../../src/nexmark/run/supervise.ts";

const MAIN = fileURLToPath(new URL("../../../src/nexmark/main.ts", import.meta.url));
const run = promisify(execFile);

const EVENTS = 4_000;
const sequence = nexmark({ events: EVENTS, rate: 200 });
/** Out of order by up to half a second, and not by event time at all within it. */
const events: readonly NexmarkEvent[] = Array.from({ length: EVENTS }, (_, index) => {
  return sequence.at(Math.floor(index / 100) * 100 + ((index * 37) % 100));
});
const log = collect(events);

let directory = "";
let input = "";

before(async () => {
  directory = await mkdtemp(join(tmpdir(), "nexmark-test-"));
  input = join(directory, "events.ndjson");
  await writeFile(input, events.map((event) => `${JSON.stringify(event)}\n`).join(""));
});

after(async () => {
  await rm(directory, { recursive: true, force: true });
});

test("a query over a file gives the oracle's rows, as lines of JSON", async () => {
  for (const query of ["q3", "q4", "q7"] as const) assertRight(query, await rowsOf(query, []));
});

test("a query that is killed again and again gives the same rows", async () => {
  for (const query of ["q8", "q19"] as const) {
    assertRight(query, await rowsOf(query, ["--parallelism", "3", "--crashes", "3", "--seed", "5"]));
  }
});

test("nothing is left behind but the output", async () => {
  await rowsOf("q2", []);
  assert.deepEqual(
    (await readdir(directory)).filter((name) => name.includes("q2")),
    ["q2.ndjson"],
  );
});

test("a line that is no event is refused with its number, killed or not", async () => {
  const bad = join(directory, "bad.ndjson");
  const lines = events.slice(0, 200).map((event) => JSON.stringify(event));
  lines[41] = '{"bid":{"auction":"1"}}';
  await writeFile(bad, lines.join("\n\n"));
  for (const flags of [[], ["--crashes", "2"], ["--parallelism", "4"]]) {
    const refusal = await refused([
      "--query",
      "q0",
      "--input",
      bad,
      "--output",
      join(directory, "no.ndjson"),
      ...flags,
    ]);
    assert.equal(refusal.code, 2);
    assert.match(refusal.stderr, /^Cannot read line 83: bid\.auction is "1", not a whole number$/m);
  }
});

test("flags that cannot be used are refused with a sentence", () => {
  const ends = ["--input", input, "--output", join(directory, "no.ndjson")];
  const expected: readonly (readonly [readonly string[], RegExp])[] = [
    [["--query", "q23", ...ends], /^Cannot run --query q23: there are q0 to q22/],
    [["--query", "q0", "--output", "x"], /^Cannot run without --input/],
    [["--query", "q0", "--input", input], /^Cannot run without --output/],
    [["--query", "q0", ...ends, "--parallelism", "0"], /^Cannot use --parallelism 0: .* from 1 to 64/],
    [["--query", "q0", ...ends, "--out-of-order", "soon"], /^Cannot use --out-of-order soon/],
    [["--query", "q0", ...ends, "--nonsense"], /nonsense/],
  ];
  for (const [flags, message] of expected) assert.throws(() => readFileFlags(flags), { name: "FlagError", message });
});

test("the command ends with 2 where it refuses its flags or its input", async () => {
  const missing = ["--query", "q0", "--input", join(directory, "none"), "--output", "x"];
  for (const [flags, message] of [
    [["--query", "q23"], /^Cannot run --query q23: there are q0 to q22/],
    [missing, /there is no such file/],
  ] as const) {
    const refusal = await refused(flags);
    assert.equal(refusal.code, 2);
    assert.match(refusal.stderr, message);
  }
});

test("a seed draws the same deaths every time", () => {
  const crashes = { count: 20, seed: 3, events: 1_000 };
  assert.deepEqual(drawKills(crashes), drawKills(crashes));
  assert.notDeepEqual(drawKills(crashes), drawKills({ ...crashes, seed: 4 }));
  assert.ok(new Set(drawKills(crashes).map(({ point }) => point)).size > 5);
});

async function rowsOf(query: QueryName, flags: readonly string[]): Promise<readonly Row[]> {
  const output = join(directory, `${query}.ndjson`);
  await nexmarkCommand(["--query", query, "--input", input, "--output", output, "--out-of-order", "1s", ...flags]);
  const text = await readFile(output, "utf8");
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Row);
}

function nexmarkCommand(flags: readonly string[]): Promise<{ readonly stderr: string }> {
  return run(process.execPath, ["--conditions=@tidemark/source", MAIN, ...flags]);
}

async function refused(flags: readonly string[]): Promise<{ readonly code: number; readonly stderr: string }> {
  try {
    await nexmarkCommand(flags);
  } catch (error) {
    return error as { readonly code: number; readonly stderr: string };
  }
  throw new Error(`${flags.join(" ")} was not refused`);
}

function assertRight(query: QueryName, rows: readonly Row[]): void {
  assert.deepEqual(checkAnswer(query, rows, log), { missing: [], unexpected: [] });
}
