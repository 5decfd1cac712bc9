/** What the job of the soak reads: a record for each number, the same every time. Nothing in here comes from the engine. */

/** One record. */
export interface SoakRecord {
  readonly n: number;
  /** Records of one key are all in one split, so their order is settled. */
  readonly key: string;
  /** Coarser, and across splits. */
  readonly group: string;
  /** Event time in milliseconds: a few hundred of them out of order. */
  readonly time: number;
  readonly amount: number;
}

/** Into how many splits the numbers are dealt: split `i` has `i`, `i + SPLITS`, `i + 2 * SPLITS` and so on. */
export const SPLITS = 4;
/** Keys of each split. */
export const KEYS = 300;
export const GROUPS = 50;
/** How far a record may lie behind the latest of its split. */
export const JITTER_MS = 200;

/** The record of a number. */
export function recordOf(n: number): SoakRecord {
  const mixed = mix(n);
  return {
    n,
    key: `${n % SPLITS}/${mixed % KEYS}`,
    group: `g${mix(mixed) % GROUPS}`,
    time: n + JITTER_MS - (mix(mixed + 1) % JITTER_MS),
    amount: mixed % 1_000,
  };
}

/** The finish of MurmurHash3 (Austin Appleby, public domain). */
export function mix(value: number): number {
  let hash = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
