import type { Scenario } from "./scenario.ts";
import { sweepCrashPoints, type SweepFailure, type SweepOptions } from "./sweep.ts";

/** How long to look, and for what. */
export interface HuntOptions extends Omit<SweepOptions, "seed" | "failuresMax"> {
  /** Seeds to try, from 1. Default: 5. */
  readonly seeds?: number;
}

/** What a hunt came to. */
export interface HuntReport {
  /** The first failing run; `undefined` if there was none. */
  readonly found: SweepFailure | undefined;
  /** How many runs it took. */
  readonly runs: number;
}

/**
 * Sweeps scenario after scenario, seed after seed, until a violation is found. For bugs that were planted, and for those
 * that are only suspected.
 *
 * @example
 * ```ts
 * import { simMemory } from "@tidemark/backend-memory/testing";
 * import { countingJob, huntViolation, jobScenario } from "@tidemark/core/testing";
 *
 *
 * const scenario = jobScenario(countingJob({ splits: 2, records: 3 }), simMemory(), { checkpoint: { interval: "20ms" } });
 * const { found } = await huntViolation([scenario], { seeds: 1, stride: 10 });
 * console.log(found === undefined);
 * // prints true
 * ```
 */
export async function huntViolation(scenarios: readonly Scenario[], options: HuntOptions = {}): Promise<HuntReport> {
  const { seeds = 5, ...sweep } = options;
  let runs = 0;
  for (let seed = 1; seed <= seeds; seed++) {
    for (const scenario of scenarios) {
      const report = await sweepCrashPoints(scenario, { ...sweep, seed, failuresMax: 1 });
      runs += report.runs;
      const [found] = report.failures;
      if (found !== undefined) return { found, runs };
    }
  }
  return { found: undefined, runs };
}
