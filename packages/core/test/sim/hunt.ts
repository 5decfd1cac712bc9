/** Looks for a violation in the scenarios of core. Run by the tests of planted bugs, inside a copy of the packages. */
import { huntViolation, type HuntOptions, type Scenario } from "@tidemark/core/testing";

import { memoryScenarios } from "./scenarios.ts";

const [pattern = ".", ...words] = process.argv.slice(2);
const options: HuntOptions = {
  only: new RegExp(pattern),
  failures: words.includes("failures"),
  again: words.includes("again") ? "once" : "never",
};
const first = (scenario: Scenario): number => (words.includes(scenario.name) ? 0 : 1);
const scenarios = memoryScenarios.toSorted((left, right) => first(left) - first(right));
console.log(JSON.stringify(await huntViolation(scenarios, options)));
