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

/** How many members of exported symbols may go without a comment: hardly more than there are. Lower it as they get theirs. */
export const MEMBERS_MAX = 330;

/** What the comments lack. */
export interface Undocumented {
  /** Exported symbols without a comment, as `path:line`. */
  readonly symbols: readonly string[];
  /** How many of their members have none. */
  readonly members: number;
}

/**
 * Looks for exported symbols without a comment.
 *
 * @throws {Error} if Deno cannot read the entries.
 */
export async function undocumented(): Promise<Undocumented> {
  const { output } = await deno("doc", "--lint", ...entries());
  const found = [...output.matchAll(/^error\[missing-jsdoc\].*\n\s*--> (.+)\n\s*\|\s*\n\s*\d+ \|(.*)$/gm)];
  if (found.length === 0 && !/Checked \d+/.test(output)) throw new Error(output);
  const symbols = found.filter(([, , line = ""]) => line.startsWith(" export "));
  return { symbols: symbols.map(([, place = ""]) => place), members: found.length - symbols.length };
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
