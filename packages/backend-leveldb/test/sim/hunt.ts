/** Looks for a violation in the scenarios of backend-leveldb. Run by the tests of planted bugs, inside a copy of the packages. */
import { huntViolation, type HuntOptions } from "@tidemark/core/testing";

import { levelScenarios } from "./scenarios.ts";

const [pattern = ".", ...words] = process.argv.slice(2);
const options: HuntOptions = {
  only: new RegExp(pattern),
  failures: words.includes("failures"),
  again: words.includes("again") ? "once" : "never",
};
console.log(JSON.stringify(await huntViolation(levelScenarios, options)));
