import { simRandom, type TrialReport } from "@tidemark/core/testing";

import { drawRun } from "./draw-run.ts";
import { replayLine, shrinkRun, describeRun } from "./replay.ts";
import { runSeed as runPipeline } from "./run-seed.ts";
import { Totals } from "./totals.ts";
import { type Where, WHERE } from "./where.ts";

/** How long a swarm goes on. */
export interface SwarmOptions {
  /** The first seed. */
  readonly seed: number;
  readonly seeds: number;
  /** From one seed to the next. Default: 1. */
  readonly stride?: number;
  /** Which of them are run. Default: all. */
  readonly where?: Where | undefined;
  /** Ends it earlier. */
  readonly isOver: () => boolean;
  /** Told after each seed. */
  readonly progress: (totals: Totals) => void;
  /** Whether failures are made smaller. */
  readonly shrinks: boolean;
  /** Ends it after so many failing runs. */
  readonly violationsMax: number;
  /** What is run for a seed. Default: its random pipeline. */
  readonly runSeed?: (seed: number) => Promise<TrialReport>;
  /** Told of each run that went wrong. */
  readonly failed: (story: string) => void;
}

/** One seed in so many is run twice, and has to be the same run. */
const TWICE_IN = 50;

/** Runs one seed after the other. */
export async function swarm(options: SwarmOptions): Promise<Totals> {
  const { seed, seeds, stride = 1, isOver, progress, violationsMax, where } = options;
  const totals = new Totals();
  for (let done = 0; done < seeds && !isOver() && totals.violations.length < violationsMax; done++) {
    const next = seed + done * stride;
    if (where !== undefined && !WHERE[where](drawRun(next))) continue;
    try {
      await runOne(next, totals, options);
    } catch (error) {
      totals.violated(next, [`no run: ${String(error)}`], `seed=${next}`);
      options.failed(`seed ${next}: ${String(error)}`);
    }
    progress(totals);
  }
  return totals;
}

async function runOne(seed: number, totals: Totals, options: SwarmOptions): Promise<void> {
  const { shrinks, failed, runSeed = runPipeline } = options;
  const report = await runSeed(seed);
  totals.add(report);
  if (report.violations.length > 0) {
    const small = shrinks ? await shrinkRun(report) : report;
    totals.violated(seed, small.violations, replayLine(small.trial));
    failed(describeRun(small));
    return;
  }
  if (simRandom(seed).below(TWICE_IN) !== 0) return;
  const again = await runSeed(seed);
  if (again.traceHash === report.traceHash) return;
  totals.violated(seed, ["not deterministic: a second run of the same seed differs"], replayLine(report.trial));
}
