import { describe, it } from "node:test";
import { mean } from "../../../src/operators/aggregates/mean.ts";
import { agrees, average, numberOf, numbers } from "./agrees.ts";

describe("mean", () => {
  it("gives what plain arrays give", () => agrees(mean(numberOf), (all) => average(numbers(all))));
});
