import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import { ROOT } from "../workspace.ts";

const PACKAGE = "packages/backend-memory/test";

/** In the order of the page. */
const FILES = [
  "example/version-space.ts",
  "example/scope.ts",
  "example/version-store.ts",
  "example/versions-backend.ts",
  "example.test.ts",
];

test("docs/writing-a-backend.md shows the files of the example, line by line", () => {
  const page = readFileSync(join(ROOT, "docs/writing-a-backend.md"), "utf8");
  const shown = [...page.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code]) => code).join("");
  const files = FILES.map((file) => readFileSync(join(ROOT, PACKAGE, file), "utf8")).join("");
  assert.deepEqual(linesOf(shown), linesOf(files));
});

/** Empty lines stand where a block of the page ends. */
function linesOf(text: string): readonly string[] {
  return text.split("\n").filter((line) => line !== "");
}
