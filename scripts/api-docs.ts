/**
 * The reference of all entries, as HTML, written by Deno from the comments in the sources.
 *
 *     npm run docs:api
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { execute } from "./execute.ts";
import { programOf } from "./runtimes.ts";
import { ROOT, packages, readJson } from "./workspace.ts";

/** Where the reference is written. */
const OUTPUT = "docs-out";

const OFFLINE = { DENO_NO_UPDATE_CHECK: "1", NO_COLOR: "1" };

/**
 * Looks for exported symbols, and members of them, without a comment.
 *
 * @returns their places, as `path:line`.
 * @throws {Error} if Deno cannot read the entries.
 */
export async function undocumented(): Promise<readonly string[]> {
  const { output } = await deno("doc", "--lint", ...entries());
  // It has more to say than that: return types of functions that their type gives, for instance.
  if (!/^Checked \d+|^error: Found \d+ documentation lint/m.test(output)) throw new Error(output);
  const found = [...output.matchAll(/^error\[missing-jsdoc\].*\n\s*--> (.+)$/gm)];
  return found.map(([, place = ""]) => place);
}

function deno(...programArguments: readonly string[]): ReturnType<typeof execute> {
  const program = programOf("deno") ?? join(ROOT, "node_modules/.bin/deno");
  return execute(program, programArguments, { env: OFFLINE });
}

/** The entries of all packages, as files. */
function entries(): readonly string[] {
  return packages().flatMap(({ folder }) => {
    const { exports } = readJson<{ readonly exports: Readonly<Record<string, string>> }>(join(folder, "deno.json"));
    return Object.values(exports).map((entry) => join(folder, entry));
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { succeeded, output } = await deno("doc", "--html", "--name=Tidemark", `--output=${OUTPUT}`, ...entries());
  console.log(output.trimEnd().split("\n").at(-1));
  process.exitCode = succeeded ? 0 : 1;
}
