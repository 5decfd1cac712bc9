/**
 * Looks for cases that no test run has seen: the property tests, file after file, each with a seed drawn for it and ten
 * times the runs. Prints the line that repeats a failure, and goes on.
 *
 *     npm run hunt
 *     npm run hunt -- --rounds 5 --only timer,joins
 *     npm run hunt -- --runs 20000 --seed 7
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";

import { execute, seconds } from "./execute.ts";
import { repositoryFiles, select, sharedFiles } from "./lanes/files.ts";
import { ROOT, fromRoot } from "./workspace.ts";

const SEEDS = 2 ** 31;
const ARGUMENTS = ["--conditions=@tidemark/source", "--test"];
const TIMEOUT_MS = 60 * 60_000;

/** Whether cases of a file are drawn from `SEED`. */
function drawsCases(file: string): boolean {
  return /"fast-check"|\bproperty\.ts"|\.property\.test\.ts$/.test(readFileSync(file, "utf8") + file);
}

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "1" },
    only: { type: "string", default: "" },
    /** How many times as wide as usual; `--runs` says instead how often each property runs. */
    width: { type: "string", default: "10" },
    runs: { type: "string" },
    /** For all files; drawn for each one if it is left out. */
    seed: { type: "string" },
  },
});

const words = values.only.split(",");
const files = select([...sharedFiles(), ...repositoryFiles()], "node24")
  .chosen.filter((file) => words.some((word) => fromRoot(file).includes(word)))
  .filter(drawsCases);
const width = values.runs === undefined ? { WIDTH: values.width } : { RUNS: values.runs };

let failures = 0;
for (let round = 1; round <= Number(values.rounds); round++) {
  for (const file of files.map(fromRoot)) {
    const env = { SEED: values.seed ?? String(Math.floor(Math.random() * SEEDS)), ...width };
    const { succeeded, output, durationMs } = await execute(process.execPath, [...ARGUMENTS, join(ROOT, file)], {
      env,
      timeoutMs: TIMEOUT_MS,
    });
    const variables = Object.entries(env).map(([name, value]) => `${name}=${value}`);
    console.log(`${succeeded ? "passed" : "FAILED"} ${variables.join(" ")} ${file} in ${seconds(durationMs)}`);
    if (succeeded) continue;
    failures += 1;
    console.log(`${output}\nrepeat: ${[...variables, "scripts/node", ...ARGUMENTS, file].join(" ")}`);
  }
}
console.log(`${files.length} files, ${values.rounds} rounds, ${failures} failures`);
process.exitCode = failures === 0 && files.length > 0 ? 0 : 1;
