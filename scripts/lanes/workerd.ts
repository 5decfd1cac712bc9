/** workerd, the isolate at the edge: the tests of core and of the memory backend, bundled, with a collector. */
import { cpSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";

import { build, type Metafile, type Plugin } from "esbuild";

import { execute } from "../execute.ts";
import type { TestCase } from "../junit.ts";
import { ROOT, filesUnder, fromRoot } from "../workspace.ts";
import { select } from "./files.ts";
import { type Lane, type LeftOut, NARROW } from "./lane.ts";

const SOURCE = join(ROOT, "runtime-tests/workerd");
const OUT = join(ROOT, "runtime-tests/.workerd");
const FOLDERS = ["packages/core/test", "packages/backend-memory/test", "runtime-tests/workerd"];
const FILES = ["runtime-tests/smoke/core.test.ts"];

/** What an isolate offers of Node, and the collector in the place of its test runner. */
const OFFERED = new Set(["node:test", "node:assert", "node:assert/strict"]);

function candidates(): readonly string[] {
  const found = FOLDERS.flatMap((folder) => filesUnder(join(ROOT, folder), (path) => path.endsWith(".test.ts")));
  return [...found, ...FILES.map((file) => join(ROOT, file))];
}

/** The first import, direct or not, that an isolate cannot follow. */
function obstacleOf(metafile: Metafile, entry: string, seen: Set<string>): string | undefined {
  if (seen.has(entry)) return undefined;
  seen.add(entry);
  for (const found of metafile.inputs[entry]?.imports ?? []) {
    if (found.external === true) {
      if (!OFFERED.has(found.path)) return found.path;
    } else {
      const obstacle = obstacleOf(metafile, found.path, seen);
      if (obstacle !== undefined) return obstacle;
    }
  }
  return undefined;
}

// The packages of this repository are bundled from their sources; any other package stays outside.
const foreignPackages: Plugin = {
  name: "foreign-packages",
  setup: (setup) => {
    setup.onResolve({ filter: /^[^./]/ }, (found) =>
      found.kind === "entry-point" || found.path.startsWith("@tidemark/")
        ? undefined
        : { path: found.path, external: true },
    );
  },
};

async function eligible(files: readonly string[]): Promise<{ chosen: readonly string[]; leftOut: LeftOut[] }> {
  const { metafile } = await build({
    entryPoints: files.slice(),
    absWorkingDir: ROOT,
    outdir: OUT,
    bundle: true,
    write: false,
    metafile: true,
    format: "esm",
    conditions: ["@tidemark/source"],
    plugins: [foreignPackages],
    logLevel: "error",
  });
  const leftOut: LeftOut[] = [];
  const chosen = files.filter((file) => {
    const obstacle = obstacleOf(metafile, fromRoot(file), new Set());
    if (obstacle !== undefined) leftOut.push({ file: fromRoot(file), reason: `imports ${obstacle}` });
    return obstacle === undefined;
  });
  return { chosen, leftOut };
}

async function bundle(files: readonly string[]): Promise<void> {
  const entries = files.map((file) => `${JSON.stringify(fromRoot(file))}: () => import(${JSON.stringify(file)})`);
  const list: Plugin = {
    name: "list-of-files",
    setup: (setup) => {
      setup.onResolve({ filter: /^node:test$/ }, () => ({ path: join(SOURCE, "collector.ts") }));
      setup.onLoad({ filter: /workerd\/files\.ts$/ }, () => ({
        contents: `export const files = {\n${entries.join(",\n")}\n};`,
        loader: "ts",
        resolveDir: ROOT,
      }));
    },
  };
  rmSync(OUT, { recursive: true, force: true });
  mkdirSync(OUT, { recursive: true });
  cpSync(join(SOURCE, "config.capnp"), join(OUT, "config.capnp"));
  await build({
    entryPoints: [join(SOURCE, "worker.ts")],
    absWorkingDir: ROOT,
    outfile: join(OUT, "worker.js"),
    bundle: true,
    format: "esm",
    target: "es2022",
    conditions: ["@tidemark/source"],
    external: ["node:assert", "node:assert/strict"],
    // An isolate has no environment.
    define: { "process.env.WIDTH": JSON.stringify(NARROW["WIDTH"]) },
    sourcemap: "inline",
    plugins: [list],
    logLevel: "error",
  });
}

function readCases(stdout: string): readonly TestCase[] {
  return [...stdout.matchAll(/^.*?test-case (\{.*\})$/gm)].map(([, json = "{}"]) => JSON.parse(json) as TestCase);
}

/** The lane of workerd. */
export function workerdLane(program: string): Lane {
  return {
    name: "workerd",
    runtime: "workerd",
    run: async () => {
      const selected = select(candidates(), "workerd");
      const { chosen, leftOut } = await eligible(selected.chosen);
      await bundle(chosen);
      const outcome = await execute(program, ["test", join(OUT, "config.capnp")]);
      const ended = outcome.output.includes("test-cases end");
      return {
        cases: readCases(outcome.output),
        succeeded: outcome.succeeded && ended,
        output: outcome.output,
        leftOut: [...selected.leftOut, ...leftOut],
        files: chosen.map(fromRoot),
      };
    },
  };
}
