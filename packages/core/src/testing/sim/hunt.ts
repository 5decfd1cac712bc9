import type { Scenario } from "./scenario.ts";
import { sweepCrashPoints, type SweepFailure, type SweepOptions } from "./sweep.ts";

/** How long to look. */
export interface HuntOptions extends Omit<SweepOptions, "seed" | "failuresMax"> {
  /** Seeds to try, from 1. Default: 5. */
  readonly seeds?: number;
  /** Failing runs of one sweep after which the next one begins. Default: 20. */
  readonly failuresMax?: number;
}

/** What a hunt came to. */
export interface HuntReport {
  /** The first failing run with the violation that was looked for; `undefined` if there was none. */
  readonly found: SweepFailure | undefined;
  /** How many runs it took. */
  readonly runs: number;
  /** Other violations that were met on the way. */
  readonly others: readonly string[];
}

/**
 * Sweeps scenario after scenario, seed after seed, until a violation of a certain kind is found. For bugs that were
 * planted, and for those that are only suspected.
 */
export async function huntViolation(
  scenarios: readonly Scenario[],
  violation: RegExp,
  options: HuntOptions = {},
): Promise<HuntReport> {
  const { seeds = 5, failuresMax = 20, ...sweep } = options;
  const others = new Set<string>();
  let runs = 0;
  for (let seed = 1; seed <= seeds; seed++) {
    for (const scenario of scenarios) {
      const isFound = (failure: SweepFailure): boolean => failure.violations.some((text) => violation.test(text));
      const report = await sweepCrashPoints(scenario, { ...sweep, seed, failuresMax, until: isFound });
      runs += report.runs;
      const found = report.failures.find(isFound);
      if (found !== undefined) return { found, runs, others: [...others] };
      for (const failure of report.failures) for (const text of failure.violations) others.add(text);
    }
  }
  return { found: undefined, runs, others: [...others] };
}
