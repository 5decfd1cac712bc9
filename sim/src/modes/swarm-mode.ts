import { missingProbes } from "../probes.ts";
import type { Sums } from "../totals.ts";
import { runHere, type SwarmMode } from "./run-here.ts";
import { runWorkers } from "./workers.ts";

/** From so many seeds on every probe has to be reached. */
const SEEDS_FOR_PROBES = 2_000;
const PROGRESS_EVERY_MS = 5_000;

const round = (value: number): number => Math.round(value * 10) / 10;

/** Runs seeds, with a line of progress now and then; asked to end, it still says what it has found. @returns whether nothing is wrong, and every probe was reached. */
export async function runSwarmMode(mode: SwarmMode): Promise<boolean> {
  const startedAt = performance.now();
  const seconds = (): number => (performance.now() - startedAt) / 1000;
  let shownAt = startedAt;
  const line = ({ seeds, crashes, checkpoints, virtualMs, violations }: Counted): string =>
    `${seeds} seeds, ${round(seeds / seconds())} a second, ${crashes} crashes, ${checkpoints} checkpoints, ` +
    `${round(virtualMs / 1000 / seconds())} simulated seconds per second, ${violations.length} violations`;
  const progress = (so: Counted): void => {
    if (performance.now() - shownAt < PROGRESS_EVERY_MS) return;
    shownAt = performance.now();
    console.error(line(so));
  };
  const sums = mode.jobs > 1 ? await runWorkers(mode, progress) : await runHere(mode, progress);
  const missing = missingProbes(new Map(Object.entries(sums.probes)));
  console.error(line(sums));
  if (missing.length > 0) console.error(`not reached: ${missing.join(", ")}`);
  if (mode.json) console.log(JSON.stringify(resultOf(sums, missing, seconds())));
  return isSound(sums, missing);
}

/** Whether a swarm has found nothing wrong and was not blind anywhere: few seeds may leave a probe out. */
export function isSound(
  { seeds, violations }: Pick<Sums, "seeds" | "violations">,
  missing: readonly string[],
): boolean {
  return violations.length === 0 && (missing.length === 0 || seeds < SEEDS_FOR_PROBES);
}

type Counted = Pick<Sums, "seeds" | "crashes" | "checkpoints" | "virtualMs" | "violations">;

function resultOf(sums: Sums, missing: readonly string[], seconds: number): object {
  const simulatedSeconds = sums.virtualMs / 1000;
  const { seeds, crashes, checkpoints, traceHash, probes, violations } = sums;
  return {
    seeds,
    seedsPerSecond: round(seeds / seconds),
    seedsPerCpuSecond: round(seeds / (sums.cpuMs / 1000)),
    crashes,
    checkpoints,
    simulatedSeconds: round(simulatedSeconds),
    simulatedSecondsPerSecond: round(simulatedSeconds / seconds),
    simulatedSecondsPerCpuSecond: round(simulatedSeconds / (sums.cpuMs / 1000)),
    traceHash,
    probes,
    missing,
    violations,
  };
}
