/** docs/parity.md says only what is so: each row that is ours is tested under its id, where the row says. */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import { ROOT } from "../workspace.ts";
import { withoutComments } from "./source-code.ts";

/** One line of a table of the page. */
interface Row {
  readonly id: string;
  readonly ours: string;
  readonly files: readonly string[];
  /** What was broken to see a test fail: planted bugs are in quotes. */
  readonly broken: string;
}

const PAGE = readFileSync(join(ROOT, "docs/parity.md"), "utf8");
const NOT_OURS = /^\*rejected\*/;
const BANKS = ["core", "backend-leveldb"].map((name) => `packages/${name}/test/sim/planted/bugs.ts`);

const rows = PAGE.split("\n")
  .filter((line) => line.startsWith("| ") && !/^\| (?:id|-+) \|/.test(line))
  .map((line): Row => {
    const [id = "", ours = "", files = "", broken = ""] = line.slice(2, -2).split(" | ");
    return {
      id: id.trim(),
      ours: ours.trim(),
      files: [...files.matchAll(/`([^`]+)`/g)].map(([, path = ""]) => fullPath(path)),
      broken,
    };
  });

function fullPath(path: string): string {
  if (/^(?:packages|apps|scripts|service-tests|runtime-tests|bench)\//.test(path)) return path;
  return path.startsWith("testing/") ? `packages/core/src/${path}` : `packages/core/test/${path}`;
}

/** The lines on which tests get their names: calls of a runner, names of cases, rows of tables. Assertions are none. */
function namesIn(file: string): string {
  const lines = withoutComments(readFileSync(join(ROOT, file), "utf8")).split("\n");
  return lines.filter((line) => /\b(?:test|it|describe)\(|\bname: |^\s*\[?["`]|=> \[$/.test(line)).join("\n");
}

test("docs/parity.md has rows, and each id once", () => {
  assert.ok(rows.length > 150, `only ${rows.length} rows`);
  const odd = rows.filter(({ id }) => !/^[A-Z]{2,4}-\d\d$/.test(id));
  assert.deepEqual(odd, [], "a row begins with something else than an id");
  const ids = rows.map(({ id }) => id);
  assert.deepEqual(
    ids.filter((id, index) => ids.indexOf(id) !== index),
    [],
  );
});

test("each row is ours and tested, or says why not", () => {
  const silent = rows.filter(({ ours, files }) => NOT_OURS.test(ours) === files.length > 0);
  assert.deepEqual(
    silent.map(({ id }) => id),
    [],
  );
});

test("each id is in the name of a test of every file that its row names", () => {
  const untested = rows.flatMap(({ id, files }) =>
    files.flatMap((file) => {
      if (!existsSync(join(ROOT, file))) return [`${id}: there is no ${file}`];
      return new RegExp(`\\b${id}\\b`).test(namesIn(file)) ? [] : [`${id}: no test of ${file} has it in its name`];
    }),
  );
  assert.deepEqual(untested, []);
});

test("each planted bug that a row names is planted", () => {
  const planted = BANKS.map((bank) => readFileSync(join(ROOT, bank), "utf8")).join("\n");
  const missing = rows.flatMap(({ id, broken }) =>
    [...broken.matchAll(/"([^"]+)"/g)].flatMap(([, name = ""]) =>
      planted.includes(`name: ${JSON.stringify(name)}`) ? [] : [`${id}: "${name}"`],
    ),
  );
  assert.deepEqual(missing, []);
});
