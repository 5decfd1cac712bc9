// runtimes: node24
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { committedFiles } from "../../src/flights/committed.ts";
import { temporaryFolder } from "./temporary.ts";

const MAIN = fileURLToPath(new URL("../../src/flights/main.ts", import.meta.url));
const SMALL = ["--rows", "20000", "--bound", "1h", "--interval", "50ms", "--json"];

interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

async function demo(...args: readonly string[]): Promise<Ran> {
  const child = spawn(process.execPath, ["--conditions=@tidemark/source", MAIN, ...args]);
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", resolve);
  });
  return { code, stdout, stderr };
}

function reportOf({ code, stdout, stderr }: Ran): Record<string, unknown> {
  assert.equal(code, 0, `${stdout}\n${stderr}`);
  return JSON.parse(stdout.trimEnd().split("\n").at(-1)!) as Record<string, unknown>;
}

for (const parallelism of [1, 3]) {
  test(`flights: five kills lose, double and change nothing, parallelism ${parallelism}`, async (context) => {
    const folder = await temporaryFolder(context);
    const args = ["--kills", "5", "--parallelism", String(parallelism), "--directory", folder];
    const report = reportOf(await demo(...SMALL, ...args));
    assert.deepEqual(
      [report["rows"], report["kills"], report["lost"], report["doubled"], report["wrong"]],
      [20_000, 5, 0, 0, 0],
    );
    assert.equal(Number(report["flightsCounted"]) + Number(report["flightsLate"]), 20_000);
    assert.ok(Number(report["checkpoints"]) > 0);
    assert.ok(Number(report["eventsPerSecond"]) > 0);
    if (parallelism === 1) assert.equal(report["flightsLate"], 2_432);
  });
}

test("flights: a job whose state is in memory is not killed", async (context) => {
  const folder = await temporaryFolder(context);
  const ran = await demo(...SMALL, "--backend", "memory", "--kills", "5", "--directory", folder);
  const report = reportOf(ran);
  assert.deepEqual([report["kills"], report["lost"], report["doubled"], report["wrong"]], [0, 0, 0, 0]);
  assert.match(ran.stderr, /0 kills instead of 5/);
});

test("flights: --keep goes on from a finished run, and an output that was tampered with is found", async (context) => {
  const folder = await temporaryFolder(context);
  const args = [...SMALL, "--kills", "0", "--directory", folder];
  reportOf(await demo(...args));
  reportOf(await demo(...args, "--keep"));

  const hours = join(folder, "run", "hours");
  const path = join(hours, (await committedFiles(hours))[0]!);
  const [first, ...others] = (await readFile(path, "utf8")).split("\n");
  await writeFile(path, [others[0], ...others].join("\n"));
  const { code, stdout } = await demo(...args, "--keep");
  assert.equal(code, 1, first);
  const report = JSON.parse(stdout) as Record<string, unknown>;
  assert.deepEqual([report["lost"], report["doubled"], report["wrong"]], [1, 1, 0]);
});

test("flights: a job that fails ends the demonstration, which says why", async (context) => {
  const folder = await temporaryFolder(context);
  await mkdir(join(folder, "run"));
  await writeFile(join(folder, "run", "state"), "no directory");
  // The ticker of the child that failed once kept it alive, and its parent waiting.
  const { code, stderr } = await demo(...SMALL, "--kills", "0", "--keep", "--directory", folder);
  assert.equal(code, 2);
  assert.match(stderr, /Cannot go on: the job failed\. .*Cannot open leveldb/);
});

test("flights: demonstrations that run beside each other keep out of each other's way", async (context) => {
  const folder = await temporaryFolder(context);
  const args = [...SMALL, "--kills", "1", "--directory", folder];
  const both = await Promise.all([demo(...args, "--seed", "1"), demo(...args, "--seed", "2", "--parallelism", "4")]);
  const reports = both.map(reportOf);
  for (const report of reports) {
    assert.deepEqual([report["kills"], report["lost"], report["doubled"], report["wrong"]], [1, 0, 0, 0]);
  }
});

test("flights: flags that make no sense end with 2 and the help", async () => {
  const { code, stderr, stdout } = await demo("--kills", "many");
  assert.equal(code, 2);
  assert.match(stderr, /Cannot use --kills many/);
  assert.equal(stdout, "");
  const help = await demo("--help");
  assert.equal(help.code, 0);
  assert.match(help.stdout, /--parallelism <n>/);
});
