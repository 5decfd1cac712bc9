/** Random streams that steps of whole jobs are tried on. */
import fc from "fast-check";

import type { Happening, Item } from "../reference/windows.ts";

const BOUND_MS = 12;

/** What a source reads, and what that means to whoever reads it from one end to the other. */
export interface Input {
  readonly splits: readonly (readonly Item[])[];
  /** All records, those of a split in their order; with the watermarks between them where some come late. */
  readonly stream: readonly Happening[];
  /** How far records of a split may lie out of order without being late. */
  readonly boundMs: number;
}

const SPLITS_MAX = 3;
/** Ids tell the split. */
const SPLIT_IDS = 1000;

/** A key that records of one split alone have: what keeps their order. */
export function ownKeyOf({ key, id }: Item): number {
  return Math.floor(id / SPLIT_IDS) * 10 + (key % 2);
}

/** The records of a stream. */
export function itemsOf({ stream }: Input): readonly Item[] {
  return stream.flatMap((happening) => ("watermark" in happening ? [] : [happening]));
}

/** The same stream, with the keys of {@link ownKeyOf}. */
export function ownKeys({ stream }: Input): readonly Happening[] {
  return stream.map((happening) => ("watermark" in happening ? happening : { ...happening, key: ownKeyOf(happening) }));
}

const drawn = fc.record({
  key: fc.nat(3),
  at: fc.integer({ min: -80, max: 80 }),
  gap: fc.integer({ min: 1, max: 15 }),
});

/** Several splits, each shuffled within its bound: no record is late, whichever split is read first. */
export const punctual: fc.Arbitrary<Input> = fc
  .array(fc.tuple(drawn, fc.nat(BOUND_MS), fc.nat(SPLITS_MAX - 1)), { maxLength: 30, size: "max" })
  .map((all) => {
    const shuffled = all.toSorted(([a, before], [b, after]) => a.at + before - (b.at + after));
    const splits = Array.from({ length: SPLITS_MAX }, (_, split) =>
      shuffled
        .filter(([, , of]) => of === split)
        .map(([item], index): Item => ({ ...item, id: split * SPLIT_IDS + index })),
    );
    return { splits, stream: splits.flat(), boundMs: BOUND_MS };
  });

/** One split in any order: what lies further back than the bound is late. */
const unruly: fc.Arbitrary<Input> = fc.array(drawn, { maxLength: 30, size: "max" }).map((all) => {
  const items = all.map((item, id): Item => ({ ...item, id }));
  let latest = -Infinity;
  const stream = items.flatMap((item): readonly Happening[] => {
    latest = Math.max(latest, item.at);
    return [item, { watermark: latest - BOUND_MS - 1 }];
  });
  return { splits: [items], stream, boundMs: BOUND_MS };
});

/** Either of the two. */
export const anyInput: fc.Arbitrary<Input> = fc.oneof(punctual, unruly);

/** The same streams, with other times: so many times as far apart, around another moment. */
export function stretched(input: fc.Arbitrary<Input>, factor: number, moments: readonly number[]): fc.Arbitrary<Input> {
  return fc.tuple(input, fc.constantFrom(...moments)).map(([{ splits, stream, boundMs }, moment]) => {
    const move = (item: Item): Item => ({ ...item, at: moment + item.at * factor });
    return {
      splits: splits.map((items) => items.map(move)),
      stream: stream.map((happening) =>
        "watermark" in happening ? { watermark: moment + (happening.watermark + 1) * factor - 1 } : move(happening),
      ),
      boundMs: boundMs * factor,
    };
  });
}
