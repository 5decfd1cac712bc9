import { simRandom } from "../sim/random.ts";
import type { PlacedMark } from "../sim/topic-marks.ts";

/** A record with its number among all records of the input. */
export interface NumberedRecord {
  readonly number: number;
  readonly record: unknown;
}

const DISPLACED = 0xd15;
const REPEATED = 0x2e9;
const SILENT = 0x51e;
/** How many records come between a record and the same once more, at most. */
const APART_MAX = 4;

/**
 * Moves records back by up to `places`. Where a record goes follows from the seed and its own number, whatever other records are
 * left out.
 */
export function displaced(records: readonly NumberedRecord[], seed: number, places: number): readonly NumberedRecord[] {
  if (places === 0) return records;
  const moved = records.map((each, index) => ({ each, key: index + drawOf(seed, DISPLACED, each).below(places + 1) }));
  return moved.toSorted((left, right) => left.key - right.key).map(({ each }) => each);
}

/** Lets a share of the records come once more, a few records later. */
export function repeated(records: readonly NumberedRecord[], seed: number, share: number): readonly NumberedRecord[] {
  if (share === 0) return records;
  const twice = records.flatMap((each, index) => {
    const random = drawOf(seed, REPEATED, each);
    const again = { each, key: index + 0.5 + random.below(APART_MAX + 1) };
    return random.chance(share) ? [{ each, key: index }, again] : [{ each, key: index }];
  });
  return twice.toSorted((left, right) => left.key - right.key).map(({ each }) => each);
}

/** A place among the records of a split where it says nothing for a while, in half of the runs. */
export function silenceOf(records: readonly NumberedRecord[], seed: number, mostMs: number): readonly PlacedMark[] {
  const [first] = records;
  if (mostMs === 0 || first === undefined) return [];
  const random = drawOf(seed, SILENT, first);
  const at = random.below(records.length + 1);
  const pauseMs = mostMs * random.next();
  return random.chance(0.5) ? [{ at, mark: { pauseMs } }] : [];
}

function drawOf(seed: number, what: number, { number }: NumberedRecord): ReturnType<typeof simRandom> {
  return simRandom(seed ^ what ^ Math.imul(number + 1, 0x9e3779b1));
}
