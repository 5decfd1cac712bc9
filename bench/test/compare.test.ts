import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";

import { compareRevisions } from "../src/compare/compare.ts";
import { figuresOf } from "../src/compare/figures.ts";
import { readCompareFlags } from "../src/compare/flags.ts";
import { formatCompared } from "../src/compare/report.ts";
import { checkOut } from "../src/compare/revision.ts";

const run = promisify(execFile);

let root = "";

before(async () => {
  root = await mkdtemp(join(tmpdir(), "compare-test-"));
  await git("init", "--quiet", "--initial-branch", "main");
  await writeFile(join(root, ".gitignore"), "node_modules\n");
  await commitSpeed(2);
  await mkdir(join(root, "node_modules/@tidemark"), { recursive: true });
  await mkdir(join(root, "node_modules/installed"));
  await writeFile(join(root, "node_modules/installed/package.json"), `{ "type": "module", "exports": "./mod.js" }`);
  await writeFile(join(root, "node_modules/installed/mod.js"), "export const keys = 10;\n");
  await symlink("../../packages/core", join(root, "node_modules/@tidemark/core"));
  await commitSpeed(3);
});

after(() => rm(root, { recursive: true, force: true }));

function git(...given: string[]): Promise<unknown> {
  const author = ["-c", "user.name=A Tester", "-c", "user.email=tester@example.com", "-c", "commit.gpgsign=false"];
  return run("git", ["-C", root, ...author, ...given]);
}

/** A repository whose benchmark says how fast its own package is. */
async function commitSpeed(speed: number): Promise<void> {
  await mkdir(join(root, "packages/core"), { recursive: true });
  await mkdir(join(root, "bench/src"), { recursive: true });
  await writeFile(join(root, "packages/core/package.json"), `{ "type": "module", "exports": "./mod.js" }`);
  await writeFile(join(root, "packages/core/mod.js"), `export const speed = ${speed};\n`);
  await writeFile(join(root, "package.json"), `{ "type": "module" }`);
  const program = `
    import { speed } from "@tidemark/core";
    import { keys } from "installed";
    const [name, ...flags] = process.argv.slice(2);
    const row = { computation: flags.join(" "), keys, parallelism: 1, checkpoints: true, processorRatio: { median: speed } };
    console.log("a table");
    console.log(JSON.stringify({ benchmark: name, rows: [row] }));
  `;
  await writeFile(join(root, "bench/src/main.ts"), program);
  await git("add", "--all");
  await git("commit", "--quiet", "--message", `Run at ${speed}`);
}

test("each revision is measured with its own packages, and nothing of the other one is left", async () => {
  const done: string[] = [];
  const compared = await compareRevisions({
    root,
    revision: "HEAD~1",
    benchmark: ["core", "--only", "count"],
    rounds: 2,
    progress: (text) => done.push(text),
  });
  const spread = (figure: number): object => ({ median: figure, least: figure, greatest: figure });
  assert.deepEqual(compared.figures, [
    {
      name: "--only count --json, 10 keys, parallelism 1, checkpoints: 1s",
      here: spread(3),
      there: spread(2),
      ratio: spread(1.5),
    },
  ]);
  assert.deepEqual(done, ["round 1 of 2", "round 2 of 2"]);
  assert.match(formatCompared("HEAD~1", compared), /3\.000 +2\.000 +1\.500 +1\.500 to 1\.500 +faster in every turn/);
  const { stdout } = await run("git", ["-C", root, "worktree", "list"]);
  assert.equal(stdout.trim().split("\n").length, 1);
});

test("a revision that is not there is refused", async () => {
  await assert.rejects(checkOut(root, "elsewhere"), /Cannot compare with "elsewhere": there is no such revision/);
  await assert.rejects(checkOut(root, "--force"), /there is no such revision/);
});

test("figures are read from reports with numbers and with spreads, and nothing else counts", () => {
  const row = { query: "q4", profile: "10k/s", setup: "memory", eventsPerSecondPerCore: 5 };
  const spread = { ...row, eventsPerSecondPerCore: { median: 7, least: 6, greatest: 9 } };
  assert.deepEqual([...figuresOf({ benchmark: "nexmark", rows: [row] })], [["q4, 10k/s, memory", 5]]);
  assert.deepEqual([...figuresOf({ benchmark: "nexmark", rows: [spread] })], [["q4, 10k/s, memory", 7]]);
  assert.throws(() => figuresOf({ benchmark: "nexmark", rows: [{}] }), /without rows/);
  assert.throws(() => figuresOf({ benchmark: "state" }), /Cannot compare benchmark "state": there is core, nexmark/);
});

test("what stands behind -- is the benchmark", () => {
  const { revision, rounds, benchmark } = readCompareFlags(["main", "--rounds", "2", "--", "core", "--only", "count"]);
  assert.deepEqual([revision, rounds, benchmark], ["main", 2, ["core", "--only", "count"]]);
  assert.deepEqual(readCompareFlags(["main"]).benchmark[0], "core");
  for (const wrong of [[], ["a", "b"], ["main", "--rounds", "0"], ["main", "--fast"], ["main", "--"]]) {
    assert.throws(() => readCompareFlags(wrong), { name: "CompareFlagError" });
  }
});
