/** Rules that hold for every source file of the repository. */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { test } from "node:test";

import { ROOT, filesUnder, fromRoot, packages, trackedFiles } from "../workspace.ts";
import { codeLines, findCycle, importsOf, withoutComments } from "./source-code.ts";

const CODE_LINES_MAX = 400;
const NAMES_REFUSED = new Set(["index.ts", "utils.ts", "helpers.ts", "util.ts", "helper.ts", "common.ts", "misc.ts"]);

const sources = trackedFiles().filter((path) => path.endsWith(".ts"));
const read = (path: string): string => readFileSync(join(ROOT, path), "utf8");

test("no source file has more than 400 lines of code", () => {
  assert.deepEqual(
    sources
      .map((path) => `${path}: ${codeLines(read(path))}`)
      .filter((line) => Number(line.split(": ")[1]) > CODE_LINES_MAX),
    [],
  );
});

test("files are named for what they hold, in kebab case", () => {
  const odd = sources.filter((path) => NAMES_REFUSED.has(basename(path)) || !/^[a-z0-9.-]+$/.test(basename(path)));
  assert.deepEqual(odd, []);
});

test("an import of a TypeScript file says .ts", () => {
  const wrong = sources.flatMap((path) =>
    importsOf(read(path))
      .filter((specifier) => specifier.startsWith(".") && /\.[cm]?jsx?$/.test(specifier))
      .filter((specifier) => existsSync(join(ROOT, dirname(path), specifier.replace(/js(x?)$/, "ts$1"))))
      .map((specifier) => `${path} imports ${specifier}`),
  );
  assert.deepEqual(wrong, []);
});

/** Types that give each other: a stream becomes a keyed one, and that a stream again. */
const MUTUAL = "packages/core/src/api/streams/";
const areMutual = (...paths: readonly string[]): boolean => paths.every((path) => fromRoot(path).startsWith(MUTUAL));

test("files that name each other hold types alone", () => {
  const mutual = sources.filter((path) => path.startsWith(MUTUAL));
  assert.ok(mutual.length > 0, MUTUAL);
  const begun = mutual.flatMap((path) =>
    withoutComments(read(path))
      .split("\n")
      .filter((line) => /^\S/.test(line) && !/^(?:import type |(?:export )?(?:type|interface) |[}\])|])/.test(line))
      .map((line) => `${path}: ${line}`),
  );
  assert.deepEqual(begun, []);
});

for (const { name, folder } of packages()) {
  test(`${name} has no import cycle`, () => {
    const cycle = findCycle(
      filesUnder(join(folder, "src"), (path) => path.endsWith(".ts")),
      areMutual,
    );
    assert.equal(cycle?.map(fromRoot).join(" -> "), undefined);
  });

  test(`${name} imports other packages by their names`, () => {
    const outside = filesUnder(join(folder, "src"), (path) => path.endsWith(".ts")).filter((path) =>
      importsOf(readFileSync(path, "utf8")).some(
        (specifier) => specifier.startsWith(".") && !join(dirname(path), specifier).startsWith(join(folder, "src")),
      ),
    );
    assert.deepEqual(outside.map(fromRoot), []);
  });
}
