/** Savepoints between runtimes: each saves, and each goes on from what every other has saved. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { build } from "esbuild";

import { execute } from "../execute.ts";
import type { TestCase } from "../junit.ts";
import { programOf, RUNTIMES, type Runtime } from "../runtimes.ts";
import { ROOT } from "../workspace.ts";
import type { Lane, LaneResult } from "./lane.ts";

const SOURCE = join(ROOT, "runtime-tests/restore");
const FILE = "runtime-tests/restore/program.ts";

const ARGUMENTS: Readonly<Record<Exclude<Runtime, "workerd">, readonly string[]>> = {
  node24: [],
  node20: [],
  deno: ["run", "--allow-all", "--no-check"],
  bun: ["run"],
};

/** What is compared: a savepoint, or what came of one. Nothing of it is looked into. */
type Result = Readonly<Record<string, unknown>>;

/** A folder of its own, with the bundles in it. */
async function prepare(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "tidemark-restore-"));
  await build({
    entryPoints: [join(SOURCE, "hosted.ts"), join(SOURCE, "worker.ts")],
    absWorkingDir: ROOT,
    outdir: folder,
    outExtension: { ".js": ".mjs" },
    bundle: true,
    format: "esm",
    target: "es2022",
    platform: "neutral",
    conditions: ["@tidemark/source"],
    external: ["node:*"],
    logLevel: "error",
  });
  return folder;
}

/** Runs the program on a runtime: it saves, or goes on from each of `saved`. Rejects with what it printed. */
async function runOn(folder: string, runtime: Runtime, saved: readonly Result[]): Promise<readonly Result[]> {
  const program = programOf(runtime) as string;
  const place = join(folder, `${runtime}-${saved.length}`);
  mkdirSync(place);
  if (runtime === "workerd") return await runIsolate(folder, place, program, saved);
  const out = join(place, "out.json");
  const files = saved.map((result, index) => {
    const file = join(place, `saved-${index}.json`);
    writeFileSync(file, JSON.stringify(result));
    return file;
  });
  const what = saved.length === 0 ? "save" : "go-on";
  const { succeeded, output } = await execute(program, [
    ...ARGUMENTS[runtime],
    join(folder, "hosted.mjs"),
    what,
    out,
    ...files,
  ]);
  if (!succeeded) throw new Error(output);
  const result = JSON.parse(readFileSync(out, "utf8")) as Result | readonly Result[];
  return Array.isArray(result) ? (result as readonly Result[]) : [result as Result];
}

async function runIsolate(
  folder: string,
  place: string,
  program: string,
  saved: readonly Result[],
): Promise<readonly Result[]> {
  writeFileSync(join(place, "saved.json"), JSON.stringify(saved));
  writeFileSync(join(place, "worker.mjs"), readFileSync(join(folder, "worker.mjs")));
  writeFileSync(
    join(place, "config.capnp"),
    `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (services = [(name = "restore", worker = .restore)]);
const restore :Workerd.Worker = (
  modules = [(name = "worker.mjs", esModule = embed "worker.mjs")],
  bindings = [(name = "SAVED", json = embed "saved.json")],
  compatibilityDate = "2026-11-01",
);
`,
  );
  const { succeeded, output, stdout } = await execute(program, ["test", join(place, "config.capnp")]);
  if (!succeeded) throw new Error(output);
  const pieces = [...stdout.matchAll(/restore-piece (.*)$/gm)].map(([, piece = ""]) => piece);
  return JSON.parse(pieces.join("")) as readonly Result[];
}

/** Compares a result with the first one, by their bytes: its entries and its rows. */
function compared(name: string, result: Result, first: Result): TestCase {
  const differs = ["segments", "rows"].find((part) => JSON.stringify(result[part]) !== JSON.stringify(first[part]));
  if (differs === undefined) return { name, file: FILE, result: "passed", message: "" };
  return { name, file: FILE, result: "failed", message: `"${differs}" is not what the first one has` };
}

const failedCase = (name: string, error: unknown): TestCase => ({
  name,
  file: FILE,
  result: "failed",
  message: error instanceof Error ? error.message : String(error),
});

async function runMatrix(folder: string): Promise<readonly TestCase[]> {
  const runtimes = RUNTIMES.filter((runtime) => programOf(runtime) !== undefined);
  const cases: TestCase[] = [];
  const saved: { readonly runtime: Runtime; readonly result: Result }[] = [];
  for (const runtime of runtimes) {
    try {
      const [result] = await runOn(folder, runtime, []);
      saved.push({ runtime, result: result as Result });
      cases.push(compared(`saved on ${runtime}: the same entries and rows`, result as Result, saved[0]!.result));
    } catch (error) {
      cases.push(failedCase(`saved on ${runtime}`, error));
    }
  }
  let first: Result | undefined;
  for (const restoring of runtimes) {
    try {
      const results = await runOn(
        folder,
        restoring,
        saved.map(({ result }) => result),
      );
      first ??= results[0] as Result;
      for (const [index, result] of results.entries()) {
        const name = `saved on ${saved[index]?.runtime}, gone on with on ${restoring}: the same entries and rows`;
        cases.push(compared(name, result, first));
      }
    } catch (error) {
      cases.push(failedCase(`gone on with on ${restoring}`, error));
    }
  }
  return cases;
}

/** The lane of savepoints that move from runtime to runtime. */
export function restoreLane(): Lane {
  return {
    name: "restore",
    runtime: "node24",
    run: async (): Promise<LaneResult> => {
      const folder = await prepare();
      try {
        const cases = await runMatrix(folder);
        const failed = cases.filter(({ result }) => result === "failed");
        const output = failed.map(({ name, message }) => `${name}: ${message}`).join("\n");
        return { cases, succeeded: failed.length === 0, output, leftOut: [], files: [FILE] };
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    },
  };
}
