/** Puts bugs into copies of the packages and runs hunts against them. */
import { spawn } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import type { Edit, HuntResult, PlantedBug } from "./bug.ts";

const ROOT = fileURLToPath(new URL("../../../../../", import.meta.url));
/** Inside the repository, so that a copy finds the packages that npm has installed. */
const PLANTED = join(ROOT, ".planted");
/** One copy after the other has the same place, so that what is the same in all of them is compiled once. */
const COPY = join(PLANTED, String(process.pid));
const COMPILED = `${COPY}-compiled`;
process.on("exit", () => {
  for (const path of [COPY, COMPILED]) rmSync(path, { recursive: true, force: true });
});
const PACKAGES = ["core", "backend-memory", "backend-leveldb", "backend-s3"];
/** The package of the swarm, beside the others. */
const SWARM = "sim";
const HUNT_TIMEOUT_MS = 900_000;

/** Copies what a hunt needs, with the bug in it. Returns the root of the copy. */
function plant(bug: PlantedBug): string {
  const root = COPY;
  rmSync(root, { recursive: true, force: true });
  mkdirSync(join(root, "node_modules/@tidemark"), { recursive: true });
  writeFileSync(join(PLANTED, ".gitignore"), "*\n");
  for (const name of PACKAGES) {
    const from = join(ROOT, "packages", name);
    const to = join(root, "packages", name);
    for (const part of ["package.json", "src", "test/sim"]) {
      if (existsSync(join(from, part))) cpSync(join(from, part), join(to, part), { recursive: true });
    }
    // Imports of a package lead to the copy, since a link here comes before those of the repository.
    symlinkSync(to, join(root, "node_modules/@tidemark", name), "junction");
  }
  cpSync(join(ROOT, SWARM, "src"), join(root, SWARM, "src"), { recursive: true });
  cpSync(join(ROOT, SWARM, "package.json"), join(root, SWARM, "package.json"));
  for (const edit of bug.edits) apply(bug.name, root, edit);
  return root;
}

function apply(name: string, root: string, edit: Edit): void {
  const path = join(root, edit.file);
  const before = readFileSync(path, "utf8");
  const occurrences = before.split(edit.find).length - 1;
  if (occurrences !== 1) {
    throw new Error(
      `Cannot plant "${name}": its text occurs ${occurrences} times in ${edit.file}. The source has changed: ` +
        "bring the bug up to date, so that it still is one",
    );
  }
  writeFileSync(
    path,
    before.replace(edit.find, () => edit.replace),
  );
}

/**
 * Plants a bug, looks for it in a process of its own, and clears the copy away.
 *
 * @param program what looks for it, from the root of the repository.
 */
export async function huntPlanted(bug: PlantedBug, program: string): Promise<HuntResult> {
  return (await runPlanted(bug, program, [bug.expect.source, ...(bug.words ?? [])])) as HuntResult;
}

/** As {@link huntPlanted}, with any program whose last line is an object in JSON. */
export async function runPlanted(bug: PlantedBug, program: string, parameters: readonly string[]): Promise<unknown> {
  const root = plant(bug);
  try {
    const output = await runNode(join(root, program), parameters);
    // What it says on the way, on another stream, may arrive behind it.
    const line = output.split("\n").findLast((text) => text.startsWith("{"));
    if (line === undefined) throw new Error(`Cannot hunt "${bug.name}": the program printed\n${output}`);
    return JSON.parse(line);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

function runNode(program: string, parameters: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ["--conditions=@tidemark/source", program, ...parameters], {
      cwd: dirname(program),
      env: { ...process.env, NODE_COMPILE_CACHE: COMPILED },
      stdio: ["ignore", "pipe", "pipe"],
      timeout: HUNT_TIMEOUT_MS,
    });
    let output = "";
    child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => (output += chunk.toString()));
    child.on("error", reject);
    child.on("close", () => resolve(output));
  });
}
