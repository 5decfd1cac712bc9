/**
 * Runs random pipelines on all backends under random faults, one seed after the other.
 *
 *     npm run sim -- --seeds 10000
 *     npm run sim -- --minutes 60 --seed 500000
 *     npm run sim -- --replay "seed=7;faults=41:after"
 *     npm run sim -- --sweep --json
 *     npm run sim -- --planted --json
 */
import { parseArgs } from "node:util";

import { missingProbes } from "./probes.ts";
import { describeRun, replayRun } from "./replay.ts";
import { swarm } from "./swarm.ts";
import type { Totals } from "./totals.ts";

/** From so many seeds on every probe has to be reached. */
const SEEDS_FOR_PROBES = 2_000;
const PROGRESS_EVERY_MS = 5_000;

const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "1000" },
    minutes: { type: "string" },
    seed: { type: "string", default: "1" },
    replay: { type: "string" },
    json: { type: "boolean", default: false },
  },
});

function numberOf(name: string, text: string): number {
  const number = Number(text);
  if (Number.isFinite(number) && number >= 0) return number;
  throw new RangeError(`Cannot use --${name} ${text}: give a number`);
}

const round = (value: number): number => Math.round(value * 10) / 10;

async function runSwarm(): Promise<boolean> {
  const startedAt = performance.now();
  const seconds = (): number => (performance.now() - startedAt) / 1000;
  const cpuSeconds = (): number => process.cpuUsage().user / 1_000_000;
  const minutes = values.minutes === undefined ? Infinity : numberOf("minutes", values.minutes);
  let shownAt = startedAt;
  const line = (totals: Totals): string =>
    `${totals.seeds} seeds, ${totals.crashes} crashes, ${totals.checkpoints} checkpoints, ` +
    `${round(totals.virtualMs / 1000 / seconds())} simulated seconds per second, ${totals.violations.length} violations`;
  const totals = await swarm({
    seed: numberOf("seed", values.seed),
    seeds: values.minutes === undefined ? numberOf("seeds", values.seeds) : Infinity,
    isOver: () => seconds() >= minutes * 60,
    failed: (story) => console.error(story),
    progress: (so) => {
      if (performance.now() - shownAt < PROGRESS_EVERY_MS) return;
      shownAt = performance.now();
      console.error(line(so));
    },
  });
  const missing = missingProbes(totals.probes);
  const isBlind = totals.seeds >= SEEDS_FOR_PROBES && missing.length > 0;
  console.error(line(totals));
  if (missing.length > 0) console.error(`not reached: ${missing.join(", ")}`);
  if (values.json) {
    console.log(
      JSON.stringify({
        seeds: totals.seeds,
        crashes: totals.crashes,
        checkpoints: totals.checkpoints,
        simulatedSeconds: round(totals.virtualMs / 1000),
        simulatedSecondsPerSecond: round(totals.virtualMs / 1000 / seconds()),
        simulatedSecondsPerCpuSecond: round(totals.virtualMs / 1000 / cpuSeconds()),
        probes: Object.fromEntries([...totals.probes].toSorted(([left], [right]) => (left < right ? -1 : 1))),
        missing,
        violations: totals.violations,
      }),
    );
  }
  return totals.violations.length === 0 && !isBlind;
}

async function runReplay(line: string): Promise<boolean> {
  const report = await replayRun(line);
  console.log(describeRun(report));
  if (values.json) console.log(JSON.stringify({ violations: report.violations, traceHash: report.traceHash }));
  return report.violations.length === 0;
}

const isFine = values.replay === undefined ? await runSwarm() : await runReplay(values.replay);
process.exitCode = isFine ? 0 : 1;
