import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import { ROOT } from "../workspace.ts";

/** The files of an example, in the order of its page. */
const PAGES: Readonly<Record<string, readonly string[]>> = {
  "docs/writing-a-backend.md": [
    "packages/backend-memory/test/example/medium.ts",
    "packages/backend-memory/test/example/store.ts",
    "packages/backend-memory/test/example/sort-out.ts",
    "packages/backend-memory/test/example/copies.ts",
    "packages/backend-memory/test/example.test.ts",
  ],
  "docs/writing-a-connector.md": [
    "packages/connectors/test/example/shelf-source.ts",
    "packages/connectors/test/example/table-sink.ts",
    "packages/connectors/test/example.test.ts",
  ],
};

for (const [page, files] of Object.entries(PAGES)) {
  test(`${page} shows the files of its example, line by line`, () => {
    const text = readFileSync(join(ROOT, page), "utf8");
    const shown = [...text.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code]) => code).join("");
    const written = files.map((file) => readFileSync(join(ROOT, file), "utf8")).join("");
    assert.deepEqual(linesOf(shown), linesOf(written));
  });
}

/** Empty lines stand where a block of the page ends. */
function linesOf(text: string): readonly string[] {
  return text.split("\n").filter((line) => line !== "");
}
