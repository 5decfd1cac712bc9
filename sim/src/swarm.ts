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
  /** Whether failures are made smaller. */
  readonly shrinks: boolean;
  /** Ends it after so many failing runs. */
  readonly violationsMax: number;
  /** Told of each run that went wrong. */
  readonly failed: (story: string) => void;
}

/** One seed in so many is run twice, and has to be the same run. */
const TWICE_IN = 50;

/** Runs one seed after the other. */
export async function swarm(options: SwarmOptions): Promise<Totals> {
  const { seed, seeds, isOver, progress, shrinks, violationsMax, failed } = options;
  const totals = new Totals();
  for (let next = seed; next < seed + seeds && !isOver() && totals.violations.length < violationsMax; next++) {
    const report = await runSeed(next);
    totals.add(report);
    if (report.violations.length > 0) {
      const small = shrinks ? await shrinkRun(report) : report;
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
