import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";

import { codeLines, codeOnly, findCycle, importsOf, withoutComments } from "./source-code.ts";

test("withoutComments keeps strings that look like comments", () => {
  assert.equal(withoutComments('const a = "// no"; // yes'), 'const a = "// no"; ');
  assert.equal(withoutComments("a /* one\ntwo */ b"), "a \n b");
});

test("codeOnly empties strings and keeps templates", () => {
  assert.equal(codeOnly('call("Date.now()", `${Date.now()}`)'), 'call("", `${Date.now()}`)');
});

test("codeLines counts neither blank lines nor comments", () => {
  assert.equal(codeLines("/** doc\n * doc */\n\nconst a = 1;\n// no\nconst b = 2;\n"), 2);
});

test("importsOf finds imports, re-exports, side effects and dynamic imports", () => {
  const text = [
    'import { a } from "./a.ts";',
    'import {\n  b,\n} from "./b.ts";',
    'export * from "./c.ts";',
    'import "./d.ts";',
    'const e = await import("./e.ts");',
    '// import "./f.ts";',
    'const message = `Cannot read from "${name}"`;',
    'export const text = "./g.ts";',
  ].join("\n");
  assert.deepEqual(importsOf(text), ["./a.ts", "./b.ts", "./c.ts", "./d.ts", "./e.ts"]);
});

test("findCycle names the files along a cycle", () => {
  const folder = mkdtempSync(join(tmpdir(), "tidemark-tidy-"));
  try {
    const [a, b, c] = ["a.ts", "b.ts", "c.ts"].map((name) => join(folder, name)) as [string, string, string];
    writeFileSync(a, 'import "./b.ts";');
    writeFileSync(b, 'import type { C } from "./c.ts";');
    writeFileSync(c, "");
    assert.equal(findCycle([a, b, c]), undefined);
    writeFileSync(c, 'import "./a.ts";');
    assert.deepEqual(findCycle([a, b, c]), [a, b, c, a]);
    assert.deepEqual(
      findCycle([a, b, c], (from, to) => from === b && to === a),
      [a, b, c, a],
    );
    assert.equal(
      findCycle([a, b, c], (from, to) => from === b && to === c),
      undefined,
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
});
