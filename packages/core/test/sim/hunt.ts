/** Looks for a violation in the scenarios of core. Run by the tests of planted bugs, inside a copy of the packages. */
import { huntViolation, type HuntOptions, type Scenario } from "@tidemark/core/testing";

import { memoryScenarios } from "./scenarios.ts";

const [pattern = ".", ...words] = process.argv.slice(2);
const names = words.filter((word) => word !== "failures" && word !== "again");
const unknown = names.filter((name) => !memoryScenarios.some((scenario) => scenario.name === name));
if (unknown.length > 0) throw new RangeError(`Cannot hunt in ${unknown.join(", ")}: there is no such scenario`);

const options: HuntOptions = {
  only: new RegExp(pattern),
  failures: words.includes("failures"),
  again: words.includes("again") ? "once" : "never",
};
const isNamed = ({ name }: Scenario): boolean => names.includes(name);
// What is named is tried with all seeds before any other.
const first = await huntViolation(memoryScenarios.filter(isNamed), options);
const others = memoryScenarios.filter((scenario) => !isNamed(scenario));
const then = first.found === undefined ? await huntViolation(others, options) : { found: undefined, runs: 0 };
console.log(JSON.stringify({ found: first.found ?? then.found, runs: first.runs + then.runs }));
