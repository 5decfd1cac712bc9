/** What the job of the soak writes, and the arithmetic that job and oracle agree upon. */

/** One row of the output. Its first three fields name it. */
export interface SoakRow {
  readonly kind: "sightings" | "trail" | "bucket" | "total" | "running";
  readonly key: string;
  readonly at: number;
  readonly value: number;
}

export const WINDOW_MS = 2_000;
export const BUCKET_MS = 32_000;
/** A row for every so many records of a key. */
export const SIGHTINGS_EVERY = 64;
export const RUNNING_EVERY = 96;
const TAIL_CHARACTERS = 400;

/** Depends on all that was folded in, and on its order. */
export function foldHash(hash: number, value: number): number {
  return (Math.imul(hash, 31) + value) >>> 0;
}

/** A sum of squares, kept below 2^32. */
export function squared(sum: number, value: number): number {
  return (sum + value * value) % 2 ** 32;
}

/** A long text out of a number. */
export function tailOf(hash: number): string {
  return hash
    .toString(36)
    .padStart(8, "0")
    .repeat(TAIL_CHARACTERS / 8);
}
