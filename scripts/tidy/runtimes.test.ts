/** Test files that do not run on every runtime are listed, with the reason. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import { runtimesOf, sharedFiles } from "../lanes/files.ts";
import { RUNTIMES } from "../runtimes.ts";
import { ROOT, fromRoot } from "../workspace.ts";

const rows = [
  ...readFileSync(join(ROOT, "docs/runtimes.md"), "utf8").matchAll(/^\| `([^`]+)` \| ([^|]+) \| [^|]+ \|$/gm),
];

test("docs/runtimes.md lists the files that do not run everywhere", () => {
  const declared = sharedFiles()
    .filter((file) => runtimesOf(file).length < RUNTIMES.length)
    .map((file) => `${fromRoot(file)}: ${runtimesOf(file).join(", ")}`);
  const listed = rows.map(([, file = "", runtimes = ""]) => `${file}: ${runtimes.trim()}`);
  assert.deepEqual(listed.toSorted(), declared.toSorted());
});
