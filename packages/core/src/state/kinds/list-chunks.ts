/**
 * How a list lies in a row: chunks of items in the map of its slot, numbered as they were begun, and which numbers there
 * are in its value, the span. An append touches the last chunk alone, so what it adds to a checkpoint does not grow with
 * the list.
 *
 * @module
 */
import type { KeyedTable } from "../keyed-table.ts";
import type { Row } from "../row.ts";
import { valueBytes } from "../value-size.ts";

/** A chunk takes no further item that would make it larger, in bytes as encoded. */
export const CHUNK_BYTES = 512;

/** The most items of a chunk. */
const CHUNK_ITEMS = 64;

/** The chunks that a list may have: from the first up to, but without, the next one to be begun. */
export interface Span {
  readonly first: number;
  readonly next: number;
}

const NO_SPAN: Span = { first: 0, next: 0 };

/** The span of a row's list. */
export function spanOf(table: KeyedTable, row: Row, slot: number): Span {
  const cell = table.heldCell(row, slot);
  if (cell === undefined || !cell.present) return NO_SPAN;
  const [first, next] = cell.value as readonly [number, number];
  return { first, next };
}

/** Sets the span; an empty one frees its entry. */
export function setSpan(table: KeyedTable, row: Row, slot: number, { first, next }: Span): void {
  if (first === next) {
    const held = table.heldCell(row, slot);
    if (held !== undefined) table.clear(held);
    return;
  }
  const cell = table.cell(row, slot);
  table.claim(cell);
  cell.value = [first, next];
  cell.present = true;
}

/** Cuts from the span the chunks at its beginning that are gone, at most `limit` of them. */
export function trimSpan(table: KeyedTable, row: Row, slot: number, limit: number): void {
  const { first, next } = spanOf(table, row, slot);
  let at = first;
  while (at < next && at - first < limit && table.mapCell(row, slot, at)?.present !== true) at++;
  if (at > first) setSpan(table, row, slot, { first: at, next });
}

/** Whether a chunk has room for one more item. */
export function hasRoom(items: readonly unknown[], item: unknown): boolean {
  if (items.length >= CHUNK_ITEMS) return false;
  const bytes = valueBytes(items, CHUNK_BYTES);
  return bytes <= CHUNK_BYTES && bytes + valueBytes(item, CHUNK_BYTES) <= CHUNK_BYTES;
}
