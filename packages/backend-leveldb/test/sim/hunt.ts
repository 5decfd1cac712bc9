/** Looks for a violation in the scenarios of backend-leveldb. Run by the tests of planted bugs, inside a copy of the packages. */
import { huntViolation, type HuntOptions, type Scenario } from "@tidemark/core/testing";

import { levelScenarios } from "./scenarios.ts";

const [pattern = ".", ...words] = process.argv.slice(2);
const names = words.filter((word) => word !== "failures" && word !== "again");
const unknown = names.filter((name) => !levelScenarios.some((scenario) => scenario.name === name));
if (unknown.length > 0) throw new RangeError(`Cannot hunt in ${unknown.join(", ")}: there is no such scenario`);

const options: HuntOptions = {
  only: new RegExp(pattern),
  failures: words.includes("failures"),
  again: words.includes("again") ? "once" : "never",
};
const isNamed = ({ name }: Scenario): boolean => names.includes(name);
const scenarios = [...levelScenarios.filter(isNamed), ...levelScenarios.filter((scenario) => !isNamed(scenario))];
console.log(JSON.stringify(await huntViolation(scenarios, options)));
