import { chance, shuffled } from "../flights/chance.ts";

/** The integers of the two sources. */
export interface Beads {
  readonly fast: readonly number[];
  readonly slow: readonly number[];
}

const BEADS = 62;
const SLOW_BEADS = 19;

/** The integers from 1 to 62, each of them once, in an order drawn from the seed. */
export function dealBeads(seed: number): Beads {
  const all = shuffled(
    Array.from({ length: BEADS }, (_, index) => index + 1),
    chance(seed),
  );
  return { fast: all.slice(SLOW_BEADS), slow: all.slice(0, SLOW_BEADS) };
}
