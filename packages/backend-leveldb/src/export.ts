import type { KeyRange, StateEntry } from "@tidemark/core";
import { byteText, compareBytes } from "@tidemark/core/internal";
import { epochsAbove } from "./imaged-epochs.ts";
import type { LevelRows, Row, RowPage } from "./level-rows.ts";
import type { InTurn } from "./rollback.ts";
import { dataKey, UNDO_PREFIX_BYTES, undoKey } from "./row-keys.ts";
import { decodeImage } from "./row-values.ts";

/** One source of an export: rows of one kind, their state keys taken out. */
interface KeyedPage {
  readonly entries: readonly { readonly key: Uint8Array; readonly value: Uint8Array | undefined }[];
  readonly isEnd: boolean;
}

/**
 * The entries of a range as they were when `epoch` was sealed: for each key the image of the oldest later epoch that has
 * one, otherwise the row itself. Each slice is read in its own turn, with no write in between. What a key was does not
 * change while others are written, so the slices fit together.
 */
export async function* exportRows(
  rows: LevelRows,
  epoch: number,
  range: KeyRange,
  inTurn: InTurn,
): AsyncGenerator<readonly StateEntry[], void, undefined> {
  let cursor = range.from;
  for (let after = false, isEnd = false; !isEnd; after = true) {
    const slice = await inTurn(() => readSlice(rows, epoch, { from: cursor, after, to: range.to }));
    if (slice.entries.length > 0) yield slice.entries;
    cursor = slice.upTo;
    isEnd = slice.isEnd;
  }
}

interface KeySpan {
  readonly from: Uint8Array;
  readonly after: boolean;
  readonly to: Uint8Array;
}

async function readSlice(
  rows: LevelRows,
  epoch: number,
  span: KeySpan,
): Promise<{ readonly entries: readonly StateEntry[]; readonly upTo: Uint8Array; readonly isEnd: boolean }> {
  const pages: KeyedPage[] = [];
  const newest = await rows.page({ from: dataKey(span.from), after: span.after, to: dataKey(span.to) });
  pages.push(keyed(newest, 1, (payload) => payload));
  for (const later of (await epochsAbove(rows, epoch)).toReversed()) {
    const images = await rows.page({ from: undoKey(later, span.from), after: span.after, to: undoKey(later, span.to) });
    pages.push(keyed(images, UNDO_PREFIX_BYTES, decodeImage));
  }
  const upTo = reach(pages) ?? span.to;
  const merged = new Map<string, StateEntry | undefined>();
  // From the newest to the oldest epoch: what comes later in the list is older, and counts.
  for (const { entries } of pages) {
    for (const { key, value } of entries) {
      if (compareBytes(key, upTo) <= 0) merged.set(byteText(key), value === undefined ? undefined : { key, value });
    }
  }
  const found = [...merged.values()].filter((entry) => entry !== undefined);
  return {
    entries: found.toSorted((a, b) => compareBytes(a.key, b.key)),
    upTo,
    isEnd: pages.every((page) => page.isEnd),
  };
}

/** The last key that every page has reached; `undefined` if all have reached their end. */
function reach(pages: readonly KeyedPage[]): Uint8Array | undefined {
  let least: Uint8Array | undefined;
  for (const { entries, isEnd } of pages) {
    const last = entries.at(-1)?.key;
    if (!isEnd && last !== undefined && (least === undefined || compareBytes(last, least) < 0)) least = last;
  }
  return least;
}

function keyed(page: RowPage, prefixBytes: number, decode: (payload: Uint8Array) => Uint8Array | undefined): KeyedPage {
  const entries = page.rows.map(({ key, payload }: Row) => ({
    key: key.subarray(prefixBytes),
    value: decode(payload),
  }));
  return { entries, isEnd: page.isEnd };
}
