/** Every step, and every function that an entry of core has, shows how it is used: by an example that is run. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";

import { ROOT } from "../workspace.ts";

const SOURCE = join(ROOT, "packages/core/src");
/** All entries but the one for packages of this repository. */
const ENTRIES = [
  "mod",
  "windows",
  "joins",
  "calendar",
  "aggregates",
  "async",
  "state",
  "explain",
  "savepoints",
  "lock",
  "testing/mod",
];
const STEPS = [
  "api/pipeline.ts",
  ...["stream", "keyed-stream", "connected-streams", "broadcast-connected-streams", "windowed-stream"].map(
    (name) => `api/streams/${name}.ts`,
  ),
];

const read = (path: string): string => readFileSync(join(SOURCE, path), "utf8");

interface Commented {
  readonly name: string;
  readonly comment: string;
}

/** The methods of the interfaces of a file, each overload for itself. What only says that something is wrong is none of them. */
function methodsOf(text: string): readonly Commented[] {
  const found = text.matchAll(/^ {2}\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\n {2}(\w+)[(<]([^;]*);/gm);
  return [...found]
    .filter(([, , , signature = ""]) => !signature.includes("misuse") && !signature.includes("OtherRecords"))
    .map(([, comment = "", name = ""]) => ({ name, comment }));
}

/** The functions that a file has with a comment, each overload for itself. */
function functionsOf(text: string): readonly Commented[] {
  const found = text.matchAll(/^\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\nexport (?:(?:async )?function\*?|const) (\w+)/gm);
  return [...found].map(([, comment = "", name = ""]) => ({ name, comment }));
}

/** What an entry exports besides types, and the file that has it. */
function exportsOf(entry: string): readonly (readonly [name: string, path: string])[] {
  const lists = read(`${entry}.ts`).matchAll(/^export \{([^}]*)\} from "(.+)";$/gm);
  return [...lists].flatMap(([, names = "", path = ""]) =>
    names
      .split(",")
      .map((name) => name.trim())
      .filter((name) => /^[a-z]/.test(name) && !name.startsWith("type "))
      .map((name) => [name, join(dirname(entry), path)] as const),
  );
}

const isShown = ({ comment }: Commented): boolean => /@example\n *\* ```ts\n/.test(comment);

test("each step has an example, and so has each way to call it", () => {
  const methods = STEPS.flatMap((path) => methodsOf(read(path)));
  assert.ok(methods.length > 25, `${methods.length} methods`);
  assert.deepEqual(
    methods.filter((method) => !isShown(method)).map(({ name }) => name),
    [],
  );
});

test("each function of an entry has an example", () => {
  const exported = ENTRIES.flatMap(exportsOf);
  assert.ok(exported.length > 140, `${exported.length} functions`);
  const missing = exported.filter(([name, path]) => {
    const overloads = functionsOf(read(path)).filter((each) => each.name === name);
    return !overloads.some(isShown);
  });
  assert.deepEqual(missing, []);
});
