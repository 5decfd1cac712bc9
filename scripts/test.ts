/**
 * Runs every test on every runtime that npm installs, and prints what ran.
 *
 *     npm test
 *     npm test -- --only node24,bun
 *     npm test -- --verbose
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";

import { seconds } from "./execute.ts";
import { bunLane } from "./lanes/bun.ts";
import { denoStdLane } from "./lanes/deno-std.ts";
import { denoLane } from "./lanes/deno.ts";
import type { Lane, LaneResult } from "./lanes/lane.ts";
import { node20Lane } from "./lanes/node20.ts";
import { node24Lane } from "./lanes/node24.ts";
import { restoreLane } from "./lanes/restore.ts";
import { workerdLane } from "./lanes/workerd.ts";
import { programOf, type Runtime } from "./runtimes.ts";
import { ROOT } from "./workspace.ts";

/** A lane that has ended. */
interface Ended {
  readonly lane: string;
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly durationMs: number;
  readonly note: string;
  readonly result: LaneResult;
}

const LANES_AT_A_TIME = 2;
/** Those that keep one core busy come first, two beside each other, and those that keep two come last: none is left idle. */
const LANES: Readonly<Record<string, readonly [Runtime, (program: string) => Lane]>> = {
  deno: ["deno", denoLane],
  bun: ["bun", bunLane],
  workerd: ["workerd", workerdLane],
  "deno-std": ["deno", denoStdLane],
  restore: ["node24", restoreLane],
  node24: ["node24", node24Lane],
  node20: ["node20", node20Lane],
};

const NOTHING: LaneResult = { cases: [], succeeded: true, output: "", leftOut: [], files: [] };

/** Where the conformance suites call the `test` that they are given. */
const SUITES = "packages/core/src/testing/";

/** Whether all that a file does is to hand `test` to a suite: Deno says that its tests are the suite's. */
function runsSuites(file: string): boolean {
  return /Suite\(\{/.test(readFileSync(join(ROOT, file), "utf8"));
}

/** The files that were handed to a runner and of which it reports no test. */
function silentFiles(result: LaneResult): readonly string[] {
  const reported = new Set(result.cases.map(({ file }) => file.replace(ROOT, "").replace(/^\.?\//, "")));
  const suitesReported = [...reported].some((file) => file.includes(SUITES));
  // Node 20 does not say which file a test is from; the same files run on Node 24.
  if (reported.size === 1 && reported.has("test")) return [];
  return result.files.filter((file) => !reported.has(file) && !(suitesReported && runsSuites(file)));
}

async function runLane(name: string): Promise<Ended> {
  const [runtime, make] = LANES[name] ?? [];
  const program = runtime === undefined ? undefined : programOf(runtime);
  if (make === undefined || program === undefined) {
    const note = `npm has no ${runtime ?? name} for ${process.platform}-${process.arch}`;
    return { lane: name, passed: 0, failed: 0, skipped: 0, durationMs: 0, note, result: NOTHING };
  }
  const startedAt = performance.now();
  const result = await make(program)
    .run()
    .catch((error: unknown) => ({ ...NOTHING, succeeded: false, output: String(error) }));
  const count = (wanted: string): number => result.cases.filter((each) => each.result === wanted).length;
  const passed = count("passed");
  const reported = count("failed");
  let note = result.notRun ?? `${result.files.length} files`;
  let failed = reported;
  if (result.notRun === undefined && reported === 0) {
    // A runner that ends badly without naming a test counts as one failure, and so does each file without a test.
    const silent = silentFiles(result);
    if (!result.succeeded) [failed, note] = [1, "the runner itself failed"];
    else if (passed === 0) [failed, note] = [1, "no test ran"];
    else if (silent.length > 0) [failed, note] = [silent.length, `no test reported by ${silent.join(", ")}`];
  }
  const durationMs = performance.now() - startedAt;
  return { lane: name, passed, failed, skipped: count("skipped"), durationMs, note, result };
}

function printEnd(ended: Ended, verbose: boolean): void {
  const counts = `${ended.passed} passed, ${ended.failed} failed, ${ended.skipped} skipped`;
  console.log(`${ended.lane}: ${counts} in ${seconds(ended.durationMs)} (${ended.note})`);
  if (ended.failed === 0 && !verbose) return;
  console.log(ended.result.output);
  for (const each of ended.result.cases.filter((one) => one.result === "failed")) {
    console.log(`${ended.lane}: failed: ${each.file}: ${each.name}`);
    if (ended.lane === "workerd") console.log(each.message);
  }
}

function printTable(all: readonly Ended[]): void {
  const rows = [
    ["runtime", "passed", "failed", "skipped", "time", ""],
    ...all.map((each) => [
      each.lane,
      String(each.passed),
      String(each.failed),
      String(each.skipped),
      seconds(each.durationMs),
      each.note,
    ]),
  ];
  const widths = [0, 1, 2, 3, 4].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  console.log("");
  for (const row of rows) {
    const cells = row.map((cell, column) =>
      column === 0 || column === 5 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
    );
    console.log(cells.join("  ").trimEnd());
  }
}

function printGaps(all: readonly Ended[]): void {
  for (const each of all) {
    const skipped = each.result.cases.filter((one) => one.result === "skipped");
    for (const one of skipped) console.log(`${each.lane}: skipped: ${one.name}${one.message && ` (${one.message})`}`);
    for (const { file, reason } of each.result.leftOut) console.log(`${each.lane}: not run: ${file} (${reason})`);
  }
}

const { values } = parseArgs({
  options: { only: { type: "string", default: "" }, verbose: { type: "boolean", default: false } },
});
const wanted = values.only === "" ? Object.keys(LANES) : values.only.split(",").map((name) => name.trim());
const unknown = wanted.filter((name) => !(name in LANES));
if (unknown.length > 0) {
  console.error(`Cannot run ${unknown.join(", ")}: the runtimes are ${Object.keys(LANES).join(", ")}`);
  process.exit(2);
}

const startedAt = performance.now();
const waiting = wanted.slice();
const ended: Ended[] = [];
async function work(): Promise<void> {
  for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
    const lane = await runLane(name);
    printEnd(lane, values.verbose);
    ended.push(lane);
  }
}
await Promise.all(Array.from({ length: LANES_AT_A_TIME }, work));

const inOrder = ended.toSorted((a, b) => wanted.indexOf(a.lane) - wanted.indexOf(b.lane));
const sum = (pick: (each: Ended) => number): number => inOrder.reduce((total, each) => total + pick(each), 0);
printTable(inOrder);
console.log("");
printGaps(inOrder);
const failed = sum((each) => each.failed);
console.log(`\nAll of it took ${seconds(performance.now() - startedAt)}`);
console.log(`${sum((each) => each.passed)} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
