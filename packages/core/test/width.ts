/**
 * How wide sweeps and random runs are: 1 where they show what the engine is worth, less on runtimes which are to show that they
 * compute the same. `npm test` says it to each; `docs/runtimes.md` says what becomes narrower.
 */
export const WIDTH: number = Number(process.env["WIDTH"] ?? 1);

/** Of so many runs, those that are made at this width. */
export function atWidth(runs: number): number {
  return Math.max(1, Math.ceil(runs * WIDTH));
}

/** How far apart the places of a sweep are at this width: 1 if none is left out. */
export const STRIDE: number = Math.max(1, Math.round(1 / WIDTH));

/** Of a list that a test goes through, what it takes at this width. Tests beside each other take different `turn`s. */
export function thinned<T>(items: readonly T[], turn: number = 0): readonly T[] {
  const stride = Math.min(STRIDE, items.length);
  return items.filter((_, index) => (index + turn) % stride === 0);
}
