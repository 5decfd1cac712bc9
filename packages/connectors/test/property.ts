import { env } from "node:process";

import fc from "fast-check";

/** The same cases in every run, unless `SEED` says otherwise: `CONTRIBUTING.md` says why. */
const SEED = 1;
const WIDTH = Number(env["WIDTH"] ?? 1);

/**
 * Runs a property: `SEED`, a number or `random`, and `RUNS` come from the environment, and fast-check prints the seed of a failure.
 *
 * @param runs how often at full width, if `RUNS` does not say.
 */
export function check<T>(property: fc.IProperty<T>, runs = 300): void {
  fc.assert(property, parameters<T>(runs));
}

/** As {@link check}, of a property that waits. */
export async function checkAsync<T>(property: fc.IAsyncProperty<T>, runs = 300): Promise<void> {
  await fc.assert(property, parameters<T>(runs));
}

function parameters<T>(runs: number): fc.Parameters<T> {
  const seed = env["SEED"] ?? SEED;
  const numRuns = Number(env["RUNS"] ?? Math.max(1, Math.ceil(runs * WIDTH)));
  return { numRuns, ...(seed === "random" ? {} : { seed: Number(seed) }) };
}
