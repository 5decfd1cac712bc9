import process from "node:process";

import { swarm } from "../swarm.ts";
import type { Sums, Totals } from "../totals.ts";
import type { Where } from "../where.ts";

/** What a swarm is started with. */
export interface SwarmMode {
  readonly seed: number;
  readonly seeds: number;
  /** From one seed to the next. */
  readonly stride: number;
  readonly minutes: number;
  /** How many processes divide the seeds among them. */
  readonly jobs: number;
  readonly first: boolean;
  /** Which seeds are run. `undefined`: all. */
  readonly where: Where | undefined;
  readonly json: boolean;
}

const VIOLATIONS_MAX = 20;

/** Runs the seeds in this process. */
export async function runHere(
  { seed, seeds, stride, minutes, first, where }: SwarmMode,
  progress: (totals: Totals) => void,
): Promise<Sums> {
  const startedAt = performance.now();
  let isAsked = false;
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => (isAsked = true));
  const totals = await swarm({
    seed,
    seeds,
    stride,
    where,
    isOver: () => isAsked || performance.now() - startedAt >= minutes * 60_000,
    shrinks: !first,
    violationsMax: first ? 1 : VIOLATIONS_MAX,
    failed: (story) => console.error(story),
    progress,
  });
  return totals.sums(process.cpuUsage().user / 1000);
}
