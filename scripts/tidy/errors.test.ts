/** Every error code is explained. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import { ROOT } from "../workspace.ts";
import { withoutComments } from "./source-code.ts";

const source = withoutComments(readFileSync(join(ROOT, "packages/core/src/errors.ts"), "utf8"));
const codes = [...source.matchAll(/export type \w*Code\s*=([^;]+);/g)].flatMap(([, union = ""]) =>
  [...union.matchAll(/"([A-Z_]+)"/g)].map(([, code = ""]) => code),
);

const page = readFileSync(join(ROOT, "docs/errors.md"), "utf8");
const sections = new Map(
  page
    .split(/^## /m)
    .slice(1)
    .map((section) => {
      const [heading = "", ...body] = section.split("\n");
      return [heading.trim(), body.join("\n").trim()] as const;
    }),
);

test("errors.ts has codes", () => {
  assert.ok(codes.length > 20);
  assert.equal(new Set(codes).size, codes.length, "a code belongs to two classes");
});

for (const code of codes) {
  test(`${code} has a section in docs/errors.md`, () => {
    const body = sections.get(code);
    assert.ok(body !== undefined, `docs/errors.md has no section "## ${code}"`);
    assert.match(body, /\*\*What to do:?\*\*/, "the section does not say what to do");
  });
}

test("docs/errors.md explains no code that does not exist", () => {
  assert.deepEqual(
    [...sections.keys()].filter((heading) => /^[A-Z_]+$/.test(heading) && !codes.includes(heading)),
    [],
  );
});
