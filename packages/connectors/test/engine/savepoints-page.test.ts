// runtimes: node24
/** The program of docs/savepoints.md, as it stands there. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const PAGE = new URL("../../../../docs/savepoints.md", import.meta.url);
const HERE = fileURLToPath(new URL(".", import.meta.url));

const ORDERS = [
  { customer: "ada", amount: 5 },
  { customer: "test customer", amount: 1 },
  { customer: "grace", amount: 7 },
  { customer: "ada", amount: 2 },
  { customer: "ada", amount: 3 },
  { customer: "test customer", amount: 4 },
];

test("docs/savepoints.md: its program takes, shows, repairs and restores a savepoint", async () => {
  const page = await readFile(PAGE, "utf8");
  const program = [...page.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(([, code = ""]) => code).join("\n");
  // Among the tests, so that it finds the packages.
  const directory = await mkdtemp(join(HERE, ".page-"));
  try {
    await writeFile(join(directory, "page.mts"), program);
    await writeFile(join(directory, "orders.ndjson"), ORDERS.map((order) => `${JSON.stringify(order)}\n`).join(""));
    const options = { cwd: directory };
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ["--conditions=@tidemark/source", "--disable-warning=ExperimentalWarning", "page.mts"],
      options,
    );
    const lines = stdout.split("\n");
    assert.ok(
      lines.some((line) => /^savepoint ".*monday": 3 entries of checkpoint \d+$/.test(line)),
      stdout,
    );
    for (const line of ["ada: 7", "grace: 7", "test customer: 1", "sums has value total with 3 entries"]) {
      assert.ok(lines.includes(line), `${line} is missing:\n${stdout}`);
    }
    assert.match(stdout, /^operator revenue \(was sums\) kept, dealt out from 1 to 2 subtasks: 2 keys, 2 entries, /m);
    assert.match(stdout, /^source orders kept: 1 splits, 70 bytes to read$/m);
    assert.match(stdout, /^nothing speaks against it$/m);
    assert.equal(lines.at(-2), "The job has finished");
    const rows: string[] = [];
    for (const name of await readdir(join(directory, "totals"))) {
      if (name.startsWith(".")) continue;
      rows.push(...(await readFile(join(directory, "totals", name), "utf8")).trim().split("\n"));
    }
    assert.deepEqual(
      rows.toSorted(),
      [
        ["ada", 5],
        ["ada", 7],
        ["ada", 1010],
        ["grace", 7],
        ["test customer", 1],
        ["test customer", 4],
      ]
        .map(([customer, total]) => JSON.stringify({ customer, total }))
        .toSorted(),
    );
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});
