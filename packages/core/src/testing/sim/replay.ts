import { parsePlan } from "./plan.ts";
import { runScenario, type Scenario, type ScenarioReport } from "./scenario.ts";

/**
 * Runs once what a failing sweep printed.
 *
 * @param line `<scenario> <seed> <plan>`, as in `counting/memory/p2 1 41:before`.
 * @throws {RangeError} if no scenario has that name, or the line cannot be read.
 *
 * @example
 * ```ts
 * import { simMemory } from "@tidemark/backend-memory/testing";
 * import { countingJob, jobScenario, replay } from "@tidemark/core/testing";
 *
 *
 * const scenario = jobScenario(countingJob(), simMemory(), { checkpoint: { interval: "20ms" } });
 * const { crashes, violations } = await replay(`${scenario.name} 1 41:before`, [scenario]);
 * console.log(crashes, violations);
 * // prints 1 []
 * ```
 */
export async function replay(line: string, scenarios: readonly Scenario[]): Promise<ScenarioReport> {
  const [name, seed, plan] = line.trim().split(/\s+/);
  const scenario = scenarios.find((candidate) => candidate.name === name);
  if (scenario === undefined || seed === undefined || plan === undefined || !/^\d+$/.test(seed)) {
    const names = scenarios.map((candidate) => candidate.name).join(", ");
    throw new RangeError(`Cannot replay "${line}": expected <scenario> <seed> <plan>, with a scenario of ${names}`);
  }
  return runScenario(scenario, Number(seed), parsePlan(plan));
}
