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
  const given = parameters<T>(runs);
  boundShrinking(property, given.numRuns);
  fc.assert(property, given);
}

/** As {@link check}, of a property that waits. */
export async function checkAsync<T>(property: fc.IAsyncProperty<T>, runs = 300): Promise<void> {
  const given = parameters<T>(runs);
  boundShrinking(property, given.numRuns);
  await fc.assert(property, given);
}

/** The smaller cases tried for each run, so that a failure is told of in the time of a few tests. */
const SMALLER_PER_RUN = 2;

/** Stops the search for a smaller case that fails: left alone it ends, but where a run takes long, not within hours. */
function boundShrinking<T>(property: fc.IRawProperty<T>, runs: number): void {
  const shrink = property.shrink.bind(property);
  let left = SMALLER_PER_RUN * runs;
  property.shrink = (value) => shrink(value).takeWhile(() => left-- > 0);
}

function parameters<T>(runs: number): fc.Parameters<T> & { readonly numRuns: number } {
  const seed = env["SEED"] ?? SEED;
  const numRuns = Number(env["RUNS"] ?? Math.max(1, Math.ceil(runs * WIDTH)));
  return { numRuns, ...(seed === "random" ? {} : { seed: Number(seed) }) };
}
