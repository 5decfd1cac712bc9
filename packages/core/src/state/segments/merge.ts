import { compareBytes } from "../../bytes/compare.ts";
import { type Change, Delta } from "./delta.ts";
import type { Layer } from "./layer.ts";
import { LayerCursor, type LayerReading } from "./layer-cursor.ts";
import { SHARE_ENTRIES } from "./pace.ts";
import { RangeSet } from "./range-set.ts";
import { isInScope, mayMeet } from "./scope.ts";
import { mayHaveWithin } from "./state-names.ts";
import { SLICE_BYTES_MAX, SLICE_ENTRIES_MAX, sliceOf, type Walked } from "./slices.ts";

/** Keys that one slice looks at, deleted ones included. */
const LOOKED_MAX = 8_192;

/** What is put together, from the oldest to the newest. */
export type Sources = readonly (Delta | Layer)[];

/** Which part of it, and how. */
export interface MergeReading extends LayerReading {
  /** Whether deletes are shown, as `null`. Range deletes never are. */
  readonly deletes: "shown" | "hidden";
  /** What may be read of all layers together before it is asked for; 0: nothing is. */
  readonly aheadBytes: number;
}

/** A part of what several layers say together. */
export interface MergedSlice {
  readonly entries: readonly Walked<Change>[];
  /** The last key that was looked at, if there may be more behind it. */
  readonly next: Uint8Array | undefined;
}

/** Where one source stands. */
interface Position {
  readonly rank: number;
  readonly cursor: LayerCursor | DeltaCursor;
}

/** The next entries of what `sources` say together: as many as make a slice. */
export async function mergeSlice(sources: Sources, reading: MergeReading): Promise<MergedSlice> {
  return (await Merge.open(sources, reading)).slice();
}

/** Goes over what some sources say together, a slice at a time. Of changes in memory there is no slice but the first. */
export class Merge {
  readonly #positions: Position[];
  readonly #covers: readonly Cover[];
  readonly #reading: MergeReading;
  readonly #cursors: readonly (LayerCursor | DeltaCursor)[];

  private constructor({ positions, covers }: Opened, reading: MergeReading) {
    this.#positions = positions;
    this.#covers = covers;
    this.#cursors = positions.map(({ cursor }) => cursor);
    this.#reading = reading;
  }

  static async open(sources: Sources, reading: MergeReading): Promise<Merge> {
    return new Merge(await open(sources, reading), reading);
  }

  /** The next entries: as many as make a slice. */
  async slice(): Promise<MergedSlice> {
    const [positions, covers, reading] = [this.#positions, this.#covers, this.#reading];
    const entries: Walked<Change>[] = [];
    let sizeBytes = 0;
    let looked = 0;
    for (let top = positions[0]; top !== undefined; top = positions[0]) {
      const key = top.cursor.key as Uint8Array;
      const value = top.cursor.value;
      const isCovered = covers.some((cover) => cover.rank > top.rank && cover.covers(key));
      if (!isCovered && (value !== null || reading.deletes === "shown")) {
        // A copy: a view would keep the block in memory for as long as somebody keeps the value.
        const kept = value !== null && top.cursor instanceof LayerCursor ? value.slice() : value;
        entries.push({ key, value: kept });
        sizeBytes += key.length + (value?.length ?? 0);
      }
      let isCut = ++looked >= LOOKED_MAX;
      const turn = looked % SHARE_ENTRIES === 0 ? reading.pace.share(SHARE_ENTRIES) : undefined;
      if (turn !== undefined) await turn;
      while (positions[0] !== undefined && compareBytes(positions[0].cursor.key as Uint8Array, key) === 0) {
        const position = positions.shift() as Position;
        const waiting = position.cursor.advance();
        if (waiting !== undefined) await waiting;
        if (position.cursor.key !== undefined) insert(positions, position);
        else if (position.cursor instanceof DeltaCursor && position.cursor.isCut) isCut = true;
      }
      if (isCut || entries.length >= SLICE_ENTRIES_MAX || sizeBytes >= SLICE_BYTES_MAX) return { entries, next: key };
    }
    return { entries, next: undefined };
  }

  /** Waits for what is being read, of which nothing is wanted any more. */
  async end(): Promise<void> {
    await Promise.all(this.#cursors.map((cursor) => cursor.end()));
  }
}

interface Cover {
  readonly rank: number;
  readonly covers: (key: Uint8Array) => boolean;
}

interface Opened {
  readonly positions: Position[];
  readonly covers: readonly Cover[];
}

async function open(sources: Sources, asked: MergeReading): Promise<Opened> {
  const reading = { ...asked, aheadBytes: asked.aheadBytes / sources.length };
  const positions: Position[] = [];
  const covers: Cover[] = [];
  const opening = sources.map(async (source, rank) => {
    if (source instanceof Delta) {
      if (source.ranges.size > 0) {
        // As they are now, as the entries beside them: more may be added while a block is read.
        const ranges = new RangeSet(source.ranges.list);
        covers.push({ rank, covers: (key) => ranges.covers(key) });
      }
      return { rank, cursor: new DeltaCursor(source, reading) };
    }
    if (!mayMeet(source.scope, reading)) return undefined;
    // Also one that has no entry there may hide those of older ones.
    const cursor = mayHaveWithin(source.states, reading) ? new LayerCursor(source, reading) : undefined;
    const [ranges] = await Promise.all([source.ranges(), cursor?.start()]);
    if (ranges !== undefined) covers.push({ rank, covers: (key) => coversIn(source, ranges, key) });
    return cursor && { rank, cursor };
  });
  for (const position of await Promise.all(opening)) {
    if (position?.cursor.key !== undefined) insert(positions, position);
  }
  return { positions, covers };
}

function coversIn(layer: Layer, ranges: RangeSet, key: Uint8Array): boolean {
  return ranges.covers(key) && isInScope(layer.scope, key);
}

/** Keeps positions in the order of their keys; of equal keys the newest comes first. */
function insert(positions: Position[], position: Position): void {
  const key = position.cursor.key as Uint8Array;
  let at = 0;
  for (; at < positions.length; at++) {
    const other = positions[at] as Position;
    const order = compareBytes(key, other.cursor.key as Uint8Array);
    if (order < 0 || (order === 0 && position.rank > other.rank)) break;
  }
  positions.splice(at, 0, position);
}

/** A slice of a delta, as it was when the cursor was made. */
class DeltaCursor {
  readonly #slice: readonly Walked<Change>[];
  readonly #to: Uint8Array;
  #at = -1;
  key: Uint8Array | undefined = undefined;
  value: Change = null;

  constructor(delta: Delta, { from, after, to }: LayerReading) {
    this.#slice = sliceOf<Change>(delta.entries, from, after);
    this.#to = to;
    this.advance();
  }

  /** Whether it ended because the slice did. */
  get isCut(): boolean {
    return this.#at >= this.#slice.length && this.#slice.length > 0;
  }

  async end(): Promise<void> {}

  advance(): undefined {
    const entry = this.#slice[++this.#at];
    this.key = entry !== undefined && compareBytes(entry.key, this.#to) < 0 ? entry.key : undefined;
    this.value = entry?.value ?? null;
  }
}
