import { simRandom } from "@tidemark/core/testing";

import { replayLine, shrinkRun, describeRun } from "./replay.ts";
import { runSeed } from "./run-seed.ts";
import { Totals } from "./totals.ts";

/** How long a swarm goes on. */
export interface SwarmOptions {
  /** The first seed. */
  readonly seed: number;
  readonly seeds: number;
  /** Ends it earlier. */
  readonly isOver: () => boolean;
  /** Told after each seed. */
  readonly progress: (totals: Totals) => void;
  /** Told of each run that went wrong. */
  readonly failed: (story: string) => void;
}

/** One seed in so many is run twice, and has to be the same run. */
const TWICE_IN = 50;
const VIOLATIONS_MAX = 20;

/** Runs one seed after the other. */
export async function swarm({ seed, seeds, isOver, progress, failed }: SwarmOptions): Promise<Totals> {
  const totals = new Totals();
  for (let next = seed; next < seed + seeds && !isOver() && totals.violations.length < VIOLATIONS_MAX; next++) {
    const report = await runSeed(next);
    totals.add(report);
    if (report.violations.length > 0) {
      const small = await shrinkRun(report);
      totals.violated(next, small.violations, replayLine(small.trial));
      failed(describeRun(small));
    } else if (simRandom(next).below(TWICE_IN) === 0) {
      const again = await runSeed(next);
      if (again.traceHash !== report.traceHash) {
        totals.violated(next, ["not deterministic: a second run of the same seed differs"], replayLine(report.trial));
      }
    }
    progress(totals);
  }
  return totals;
}
