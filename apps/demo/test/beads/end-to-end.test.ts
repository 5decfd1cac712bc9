// runtimes: node24
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { PAGE_COLUMNS } from "../../src/beads/page.ts";

const MAIN = fileURLToPath(new URL("../../src/beads/main.ts", import.meta.url));

interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

async function demo(...args: readonly string[]): Promise<Ran> {
  const child = spawn(process.execPath, ["--conditions=@tidemark/source", MAIN, ...args], {
    stdio: ["ignore", "pipe", "pipe"],
  });
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

test("demo:beads --frames: tells the whole story, in plain text, and ends with 0", async () => {
  const { code, stdout, stderr } = await demo("--frames");
  assert.equal(code, 0, stderr);
  const chapters = [
    /Beads flow/,
    /Checkpoint 1 begins/,
    /The (fast|slow) source sends barrier 1/,
    /Barrier 1 has come to the (even|odd) sum from the (fast|slow) source: that input waits/,
    /╌✕│/,
    /The (even|odd) sum takes its snapshot: \d+/,
    /The (even|odd) sum acknowledges checkpoint 1/,
    /The manifest is stored/,
    /Checkpoint 1 is complete/,
    /Checkpoint 2 begins/,
    /CRASH: somebody tripped over the power cable/,
    /REWIND: attempt 2 begins from checkpoint 1/,
    /The same beads once more/,
    /is complete, and so is the job/,
    /Committed once, in spite of the crash\./,
  ];
  let from = 0;
  for (const chapter of chapters) {
    const found = stdout.slice(from).search(chapter);
    assert.ok(found >= 0, `${chapter.source} does not follow`);
    from += found;
  }
  for (const parity of ["even", "odd"]) assert.ok(stdout.includes(`The ${parity} sum takes its snapshot`));
  assert.ok(!stdout.includes(String.fromCharCode(27)));
  for (const line of stdout.split("\n")) assert.ok(line.length <= PAGE_COLUMNS, line);
});

test("demo:beads: without a terminal prints the frames too, the same for the same seed", async () => {
  const [one, other] = await Promise.all([demo("--seed", "5"), demo("--seed", "5", "--frames")]);
  assert.equal(one.code, 0, one.stderr);
  assert.equal(one.stdout, other.stdout);
});

test("demo:beads --pause-the-world: shows both timelines and says what was lost", async () => {
  const { code, stdout, stderr } = await demo("--pause-the-world");
  assert.equal(code, 0, stderr);
  assert.match(stdout, /naive: EVERYTHING STANDS STILL to save \d+ bytes, \d+ ms to go/);
  assert.match(stdout, /Tidemark +[█▓]+ +\d+ beads, +\d+ ms lost\nnaive +[█░]+ +\d+ beads, +\d+ ms lost/);
  assert.match(stdout, /Naive, calculated: \d pauses/);
  assert.match(stdout, /Both pay 120 ms for a bead/);
  assert.doesNotMatch(stdout, /CRASH/);
});

test("demo:beads: flags that make no sense end with 2 and the help", async () => {
  const { code, stdout, stderr } = await demo("--speed", "light");
  assert.equal(code, 2);
  assert.equal(stdout, "");
  assert.match(stderr, /^Cannot use --speed light: it is a number from 0\.1 to 100\n\nnpm run demo:beads/);
});

test("demo:beads --step: says that it needs a terminal", async () => {
  const { code, stderr } = await demo("--step");
  assert.equal(code, 2);
  assert.match(stderr, /^Cannot use --step: there is no terminal/);
});

test("demo:beads --help: explains itself", async () => {
  const { code, stdout } = await demo("--help");
  assert.equal(code, 0);
  for (const flag of ["--step", "--speed", "--seed", "--pause-the-world", "--frames", "--no-color"]) {
    assert.ok(stdout.includes(flag));
  }
});
