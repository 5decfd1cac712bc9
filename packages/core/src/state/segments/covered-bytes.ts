import type { KeyRange } from "../backend.ts";
import type { Chain } from "./chain.ts";
import type { Layer } from "./layer.ts";
import { blockOf } from "./segment.ts";

/** Ranges that are looked at; of more of them the others are taken to be alike. */
const RANGES_MAX = 1_024;

/** What a range takes out of one block is not known without reading it: this many entries are assumed. */
const ENTRIES_WITHIN_BLOCK = 16;

/** About how many bytes of older layers the range deletes of a layer take out, as far as their indexes were read. */
export function coveredBytes(layer: Layer, older: Chain): number {
  const ranges = layer.segments[0]?.indexNow()?.ranges.list ?? [];
  const looked = ranges.slice(0, RANGES_MAX);
  let covered = 0;
  for (const range of looked) for (const under of older) covered += coveredIn(under, range);
  return looked.length === 0 ? 0 : covered * (ranges.length / looked.length);
}

function coveredIn(layer: Layer, { from, to }: KeyRange): number {
  let covered = 0;
  const last = layer.segmentOf(to);
  for (let at = Math.max(0, layer.segmentOf(from)); at <= last; at++) {
    const index = layer.segments[at]?.indexNow();
    if (index === undefined) continue;
    const start = blockOf(index, from);
    const end = blockOf(index, to);
    for (let block = start + 1; block < end; block++) covered += index.blocks[block]?.sizeBytes ?? 0;
    if (end >= 0) covered += (layer.sizeBytes / Math.max(1, layer.entries)) * ENTRIES_WITHIN_BLOCK;
  }
  return Math.min(covered, layer.sizeBytes);
}
