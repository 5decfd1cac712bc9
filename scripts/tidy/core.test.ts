/** Core's own laws: rooms import downwards, and no effect but through Env. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import { ROOT, filesUnder } from "../workspace.ts";
import { levelOf } from "./rooms.ts";
import { codeOnly, importsOf, relativeImportsOf } from "./source-code.ts";

const SOURCE = join(ROOT, "packages/core/src/");
const files = filesUnder(SOURCE, (path) => path.endsWith(".ts"));
const short = (path: string): string => path.slice(SOURCE.length);

const FORBIDDEN: readonly (readonly [RegExp, string])[] = [
  [/\bDate\.now\b/, "Date.now"],
  [/\bnew Date\(\s*\)/, "new Date()"],
  [/(?<![.\w])performance\b(?!\s*:)/, "performance"],
  [/(?<![.\w])(?:setTimeout|setInterval|setImmediate|queueMicrotask)\b/, "a timer"],
  [/\bMath\.random\b/, "Math.random"],
  [/(?<![.\w])fetch\s*\(/, "fetch"],
  [/(?<![.\w])console\./, "console"],
  [/(?<![.\w])process\.(?:env|argv|exit|nextTick|hrtime|stdout|stderr)\b/, "process"],
  [/(?<![.\w])(?:Deno|Bun)\./, "a runtime's global"],
  [/(?<![.\w])Buffer\./, "Buffer"],
  [
    /\.finally\s*\(/,
    "Promise.prototype.finally, which is no effect, but takes another number of turns in Bun: use lastly",
  ],
];

test("core imports nothing but itself", () => {
  for (const file of files) {
    const foreign = importsOf(readFileSync(file, "utf8")).filter((specifier) => !specifier.startsWith("."));
    assert.deepEqual(foreign, [], short(file));
  }
});

test("every room of core has a place in the order", () => {
  assert.deepEqual(
    files.map(short).filter((file) => levelOf(file) === undefined),
    [],
  );
});

test("rooms of core import downwards only", () => {
  const upwards = files.flatMap((file) =>
    relativeImportsOf(file)
      .filter((target) => (levelOf(short(target)) ?? 0) > (levelOf(short(file)) ?? 0))
      .map((target) => `${short(file)} imports ${short(target)}`),
  );
  assert.deepEqual(upwards, []);
});

test("core has no effect but through env/ and testing/", () => {
  const effects = files
    .filter((file) => !/^(?:env|testing)\//.test(short(file)))
    .flatMap((file) => {
      const code = codeOnly(readFileSync(file, "utf8"));
      return FORBIDDEN.filter(([pattern]) => pattern.test(code)).map(([, name]) => `${short(file)} uses ${name}`);
    });
  assert.deepEqual(effects, []);
});
