/** Looks for a violation in the scenarios of core. Run by the tests of planted bugs, inside a copy of the packages. */
import { huntViolation, type HuntOptions, type Scenario, sweepCrashPoints } from "@tidemark/core/testing";

import { memoryScenarios } from "./scenarios.ts";

const [pattern = ".", ...words] = process.argv.slice(2);
const names = words.filter((word) => word !== "failures" && word !== "again" && !word.startsWith("seed="));
const unknown = names.filter((name) => !memoryScenarios.some((scenario) => scenario.name === name));
if (unknown.length > 0) throw new RangeError(`Cannot hunt in ${unknown.join(", ")}: there is no such scenario`);

const options: HuntOptions = {
  only: new RegExp(pattern),
  failures: words.includes("failures"),
  again: words.includes("again") ? "once" : "never",
};
const isNamed = ({ name }: Scenario): boolean => names.includes(name);
const named = memoryScenarios.filter(isNamed);
const others = memoryScenarios.filter((scenario) => !isNamed(scenario));
const seeds = words.filter((word) => word.startsWith("seed=")).map((word) => Number(word.slice("seed=".length)));

/** What is named is tried with the seed that is named, then with all seeds, before any other. */
async function* reports() {
  for (const seed of seeds) {
    for (const scenario of named) {
      const { failures, runs } = await sweepCrashPoints(scenario, { ...options, seed, failuresMax: 1 });
      yield { found: failures[0], runs };
    }
  }
  yield await huntViolation(named, options);
  yield await huntViolation(others, options);
}

let runs = 0;
let found;
for await (const report of reports()) {
  runs += report.runs;
  found = report.found;
  if (found !== undefined) break;
}
console.log(JSON.stringify({ found, runs }));
