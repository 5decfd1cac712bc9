import type { Env } from "../../env/env.ts";

/** An env for suites: time stands still, chance is seeded, nothing is logged. */
export function suiteEnv(seed: number = 1): Env {
  const random = seededRandom(seed);
  return {
    now: () => 0,
    monotonic: () => 0,
    random,
    schedule: () => () => undefined,
    turn: async () => undefined,
    log: () => undefined,
    point: () => undefined,
  };
}

/** Numbers in [0, 1) that depend on the seed alone: mulberry32 (Tommy Ettinger, public domain). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
  };
}
