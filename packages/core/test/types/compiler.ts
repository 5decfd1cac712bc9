/** The compiler's word on lines of a pipeline, as the user reads it. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), "../../../..");
const SOURCE = join(ROOT, "packages/core/src");

const PRELUDE = `import { type AggregateFunction, type AnySink, type AnySource, emits, mapState, pipeline, run, type SavepointLocation, sideOutput, type StateBackend, valueState as plainState } from "@tidemark/core";
import { count, sum } from "@tidemark/core/aggregates";
import { innerJoin } from "@tidemark/core/joins";
import { broadcastProcess, keyedBroadcastProcess, subtaskProcess, valueState } from "@tidemark/core/state";
import { customEvictor, customTrigger, eventTimeTrigger, session, tumbling, upTo, windowProcess } from "@tidemark/core/windows";
declare const names: AggregateFunction<{ name: string }, number, number>;
declare const once: AnySource<number, false>;
declare const numbers: AnySource<number, true>;
declare const repeating: AnySink<number, "at-least-once">;
declare const backend: StateBackend;
declare const place: SavepointLocation;
declare const exactly: AnySink<number, "exactly-once">;
declare const words: AnySink<string, "exactly-once">;
const job = pipeline("strict");
const stream = job.source("numbers", numbers);
const keyed = stream.keyBy((n) => n % 2);
`;

/** A line that the compiler has to refuse: what it is, the line itself, what has to be said of it. */
export type Refused = readonly [what: string, line: string, sentence: RegExp];

/** What is said of a function that gives a promise, where what it gives is not looked at. */
export const NO_PROMISE: RegExp =
  /This function is called in its turn, and nothing waits for a promise that it gives\. Use asyncMap of @tidemark\/core\/async in a step of its own\./;

/** Compiles all lines as one program. */
export async function verifyRefused(cases: readonly Refused[]): Promise<void> {
  const errors = await compile(cases.map(([, line]) => line));
  for (const [index, [what, , sentence]] of cases.entries()) {
    const found = errors.get(index);
    assert.ok(found !== undefined, `${what} compiles; the compiler said: ${[...errors.values()].join("\n")}`);
    assert.match(found, sentence, what);
  }
  assert.deepEqual(
    [...errors.keys()].filter((line) => !(line >= 0 && line < cases.length)),
    [],
    "errors elsewhere",
  );
}

/** The compiler's output for a program of one line a case, by line. */
async function compile(lines: readonly string[]): Promise<ReadonlyMap<number, string>> {
  const folder = await mkdtemp(join(tmpdir(), "tidemark-types-"));
  try {
    await writeFile(join(folder, "misuse.ts"), PRELUDE + lines.join("\n"));
    const compilerOptions = {
      strict: true,
      noEmit: true,
      target: "ES2022",
      module: "NodeNext",
      lib: ["ES2023", "ESNext.Disposable", "WebWorker"],
      types: [],
      allowImportingTsExtensions: true,
      noErrorTruncation: true,
      paths: {
        "@tidemark/core": [join(SOURCE, "mod.ts")],
        "@tidemark/core/aggregates": [join(SOURCE, "aggregates.ts")],
        "@tidemark/core/joins": [join(SOURCE, "joins.ts")],
        "@tidemark/core/state": [join(SOURCE, "state.ts")],
        "@tidemark/core/windows": [join(SOURCE, "windows.ts")],
      },
    };
    await writeFile(join(folder, "package.json"), `{ "type": "module" }`);
    await writeFile(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["misuse.ts"] }));
    const output = await runCompiler(folder);
    const first = PRELUDE.split("\n").length;
    const byLine = new Map<number, string>();
    for (const error of output.split(/^(?=misuse\.ts\()/m)) {
      const line = Number(/^misuse\.ts\((\d+),/.exec(error)?.[1]);
      byLine.set(line - first, (byLine.get(line - first) ?? "") + error);
    }
    return byLine;
  } finally {
    await rm(folder, { recursive: true });
  }
}

function runCompiler(folder: string): Promise<string> {
  const compiler = [join(ROOT, "node_modules/typescript/bin/tsc"), "-p", folder, "--pretty", "false"];
  return new Promise((done) => {
    execFile(join(ROOT, "scripts/node"), compiler, { cwd: folder }, (_error, stdout, stderr) => done(stdout + stderr));
  });
}
