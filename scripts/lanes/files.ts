/** Which test files run on which runtime. */
import { openSync, readSync, closeSync } from "node:fs";
import { join } from "node:path";

import { RUNTIMES, type Runtime } from "../runtimes.ts";
import { ROOT, filesUnder, fromRoot, packages } from "../workspace.ts";
import type { LeftOut } from "./lane.ts";

const isTest = (path: string): boolean => path.endsWith(".test.ts");

const HEAD_BYTES = 512;

function firstLine(path: string): string {
  const buffer = Buffer.alloc(HEAD_BYTES);
  const file = openSync(path, "r");
  try {
    const length = readSync(file, buffer, 0, HEAD_BYTES, 0);
    return buffer.toString("utf8", 0, length).split("\n", 1)[0] ?? "";
  } finally {
    closeSync(file);
  }
}

/** The runtimes that a file's first line names, or all of them if it names none. */
export function runtimesOf(path: string): readonly Runtime[] {
  const line = firstLine(path);
  const declared = /^\/\/ runtimes:\s*(.+)$/.exec(line)?.[1];
  if (declared === undefined) return RUNTIMES;
  return declared.split(",").map((word) => {
    const name = word.trim();
    const runtime = RUNTIMES.find((known) => known === name);
    if (runtime === undefined) throw new Error(`Cannot read ${fromRoot(path)}: unknown runtime "${name}"`);
    return runtime;
  });
}

/** The test files of the packages, those of `runtime-tests/smoke`, and those of the simulation. */
export function sharedFiles(): readonly string[] {
  return [
    ...packages().flatMap((each) => filesUnder(join(each.folder, "test"), isTest)),
    ...filesUnder(join(ROOT, "runtime-tests/smoke"), isTest),
    ...filesUnder(join(ROOT, "sim/test"), isTest),
  ];
}

/** The test files that are about this repository, and run on the development runtime alone. */
export function repositoryFiles(): readonly string[] {
  return ["apps/demo/test", "bench/test", "scripts"].flatMap((folder) => filesUnder(join(ROOT, folder), isTest));
}

/** Splits files into those that run on `runtime` and those whose first line excludes it. */
export function select(
  files: readonly string[],
  runtime: Runtime,
): { readonly chosen: readonly string[]; readonly leftOut: readonly LeftOut[] } {
  const chosen: string[] = [];
  const leftOut: LeftOut[] = [];
  for (const file of files) {
    const runtimes = runtimesOf(file);
    if (runtimes.includes(runtime)) chosen.push(file);
    else leftOut.push({ file: fromRoot(file), reason: `runs on ${runtimes.join(", ")} only` });
  }
  return { chosen, leftOut };
}
