import { missingProbes } from "../probes.ts";
import { swarm } from "../swarm.ts";
import type { Totals } from "../totals.ts";

/** What a swarm is started with. */
export interface SwarmMode {
  readonly seed: number;
  readonly seeds: number;
  readonly minutes: number;
  readonly first: boolean;
  readonly json: boolean;
}

/** From so many seeds on every probe has to be reached. */
const SEEDS_FOR_PROBES = 2_000;
const PROGRESS_EVERY_MS = 5_000;
const VIOLATIONS_MAX = 20;

const round = (value: number): number => Math.round(value * 10) / 10;

/** Runs seeds, with a line of progress now and then; asked to end, it still says what it has found. @returns whether nothing is wrong, and every probe was reached. */
export async function runSwarmMode({ seed, seeds, minutes, first, json }: SwarmMode): Promise<boolean> {
  const startedAt = performance.now();
  let isAsked = false;
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => (isAsked = true));
  const seconds = (): number => (performance.now() - startedAt) / 1000;
  let shownAt = startedAt;
  const line = (totals: Totals): string =>
    `${totals.seeds} seeds, ${totals.crashes} crashes, ${totals.checkpoints} checkpoints, ` +
    `${round(totals.virtualMs / 1000 / seconds())} simulated seconds per second, ${totals.violations.length} violations`;
  const totals = await swarm({
    seed,
    seeds,
    isOver: () => isAsked || seconds() >= minutes * 60,
    shrinks: !first,
    violationsMax: first ? 1 : VIOLATIONS_MAX,
    failed: (story) => console.error(story),
    progress: (so) => {
      if (performance.now() - shownAt < PROGRESS_EVERY_MS) return;
      shownAt = performance.now();
      console.error(line(so));
    },
  });
  const missing = missingProbes(totals.probes);
  console.error(line(totals));
  if (missing.length > 0) console.error(`not reached: ${missing.join(", ")}`);
  if (json) console.log(JSON.stringify(resultOf(totals, missing, seconds())));
  return totals.violations.length === 0 && (missing.length === 0 || totals.seeds < SEEDS_FOR_PROBES);
}

function resultOf(totals: Totals, missing: readonly string[], seconds: number): object {
  const simulatedSeconds = totals.virtualMs / 1000;
  return {
    seeds: totals.seeds,
    crashes: totals.crashes,
    checkpoints: totals.checkpoints,
    simulatedSeconds: round(simulatedSeconds),
    simulatedSecondsPerSecond: round(simulatedSeconds / seconds),
    simulatedSecondsPerCpuSecond: round(simulatedSeconds / (process.cpuUsage().user / 1_000_000)),
    traceHash: totals.traceHash,
    probes: Object.fromEntries([...totals.probes].toSorted(([left], [right]) => (left < right ? -1 : 1))),
    missing,
    violations: totals.violations,
  };
}
