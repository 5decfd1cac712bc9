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
/** The most records of one stream. */
const RECORDS_MAX = 12;
/** Ids tell the split. */
const SPLIT_IDS = 100_000;

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
  at: fc.integer({ min: -40, max: 40 }),
  gap: fc.integer({ min: 1, max: 15 }),
});

/** Several splits, each shuffled within its bound: no record is late, whichever split is read first. */
const punctual: fc.Arbitrary<Input> = fc
  .array(fc.tuple(drawn, fc.nat(BOUND_MS), fc.nat(SPLITS_MAX - 1)), { maxLength: RECORDS_MAX, size: "max" })
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
const unruly: fc.Arbitrary<Input> = fc.array(drawn, { maxLength: RECORDS_MAX, size: "max" }).map((all) => {
  const items = all.map((item, id): Item => ({ ...item, id }));
  let latest = -Infinity;
  const stream = items.flatMap((item): readonly Happening[] => {
    latest = Math.max(latest, item.at);
    return [item, { watermark: latest - BOUND_MS - 1 }];
  });
  return { splits: [items], stream, boundMs: BOUND_MS };
});

/** How far apart the streams of one job begin: nothing of one reaches into the next. */
const APART_MS = 1_000;

/** Where streams lie in time: so many times as long as they were drawn, one around each of these moments. */
export interface Places {
  readonly factor: number;
  readonly moments: readonly number[];
}

/** So many streams one after the other. */
export function inTurn(count: number): Places {
  return { factor: 1, moments: Array.from({ length: count }, (_, turn) => turn * APART_MS) };
}

/** Several streams as one: each in its place, in the same splits. */
function joined(inputs: readonly Input[], { factor, moments }: Places): Input {
  const moved = inputs.map((input, turn) => movedTo(input, moments[turn] as number, factor, turn * RECORDS_MAX));
  const splits = moved[0]?.splits.map((_, split) => moved.flatMap((input) => input.splits[split] ?? [])) ?? [];
  return { splits, stream: moved.flatMap(({ stream }) => stream), boundMs: BOUND_MS * factor };
}

function movedTo({ splits, stream, boundMs }: Input, moment: number, factor: number, ids: number): Input {
  const move = (item: Item): Item => ({ ...item, at: moment + item.at * factor, id: item.id + ids });
  return {
    splits: splits.map((items) => items.map(move)),
    stream: stream.map((happening) =>
      "watermark" in happening ? { watermark: moment + (happening.watermark + 1) * factor - 1 } : move(happening),
    ),
    boundMs,
  };
}

function placed(input: fc.Arbitrary<Input>, places: Places): fc.Arbitrary<Input> {
  const { length } = places.moments;
  const all = fc.array(input, { minLength: length, maxLength: length, size: "max" });
  return all.map((inputs) => joined(inputs, places));
}

/** Streams in each of which no record is late, whichever split is read first. */
export function punctualInputs(places: Places): fc.Arbitrary<Input> {
  return placed(punctual, places);
}

/** Those, or streams of one split in which what lies too far back is late. */
export function anyInputs(places: Places): fc.Arbitrary<Input> {
  return fc.oneof(placed(punctual, places), placed(unruly, places));
}
