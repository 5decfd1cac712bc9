// runtimes: node24
/** The tests of docs/testing.md, as they stand there. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { env } from "node:process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const PAGE = new URL("../../../../docs/testing.md", import.meta.url);
const HERE = fileURLToPath(new URL(".", import.meta.url));

/** The page kills a pipeline a thousand times; a part of that tells as well whether the page is right. */
const SEEDS = env["SWEEP"] === "every" ? 230 : 60;
const CRASHES = SEEDS * 4;

test("docs/testing.md: its tests kill a pipeline again and again, and find the bug of another one", async () => {
  const page = await readFile(PAGE, "utf8");
  const program = [...page.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(([, code = ""]) => code).join("\n");
  assert.match(program, /seeds: 230 /);
  // Among the tests, so that it finds the packages.
  const directory = await mkdtemp(join(HERE, ".page-"));
  try {
    await writeFile(join(directory, "page.mts"), program.replace("seeds: 230 ", `seeds: ${SEEDS} `));
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ["--conditions=@tidemark/source", "--disable-warning=ExperimentalWarning", "page.mts"],
      // Without what tells a child of a test runner to report to it in its own way.
      { cwd: directory, env: { ...env, NODE_TEST_CONTEXT: undefined } },
    );
    const [, crashes] = /\d+ runs, (\d+) crashes, \d+ simulated seconds/.exec(stdout) ?? [];
    assert.ok(Number(crashes) >= CRASHES, stdout);
    assert.match(stdout, /Cannot rely on "invoices": after a failure its output is not that of a run without one/);
    assert.match(stdout, /replay: simulate\(pipeline, \{ \.\.\.options, replay: "seed=/);
    assert.match(stdout, /^# pass 2$|^ℹ pass 2$/m);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});
