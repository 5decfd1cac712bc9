import fc from "fast-check";

import { atWidth } from "../width.ts";

const env = (globalThis as { readonly process?: { readonly env: Readonly<Record<string, string | undefined>> } })
  .process?.env;

/** The same cases in every run, unless `SEED` says otherwise: `CONTRIBUTING.md` says why. */
const SEED = 1;

/**
 * Runs a property: `SEED`, a number or `random`, and `RUNS` come from the environment, and fast-check prints the seed of a failure.
 *
 * @param runs how often at full width, if `RUNS` does not say. Less for those of which one run takes long.
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

/** How often a property runs, of which so many runs are its usual ones. */
export function widened(runs: number): number {
  return Number(env?.["RUNS"] ?? atWidth(runs));
}

/** The smaller cases tried for each run, so that a failure is told of in the time of a few tests. */
export const SMALLER_PER_RUN = 2;

/** Stops the search for a smaller case that fails: left alone it ends, but where a run takes long, not within hours. */
function boundShrinking<T>(property: fc.IRawProperty<T>, runs: number): void {
  const shrink = property.shrink.bind(property);
  let left = SMALLER_PER_RUN * runs;
  property.shrink = (value) => shrink(value).takeWhile(() => left-- > 0);
}

function parameters<T>(runs: number): fc.Parameters<T> & { readonly numRuns: number } {
  const seed = env?.["SEED"] ?? SEED;
  return { numRuns: widened(runs), ...(seed === "random" ? {} : { seed: Number(seed) }) };
}

/** Strings of any UTF-16 code units: lone surrogates, NUL and the byte that escapes it are common. */
export const anyText: fc.Arbitrary<string> = fc.string({
  unit: fc.oneof(
    fc.constantFrom(
      "\0",
      "\x01",
      "\x02",
      "a",
      "b",
      "\x7f",
      "\x80",
      "\u07ff",
      "\ud7ff",
      "\ud800",
      "\udbff",
      "\udc00",
      "\udfff",
      "\uffff",
      "😀",
    ),
    fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)),
  ),
});
