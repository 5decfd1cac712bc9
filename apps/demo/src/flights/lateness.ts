/**
 * Which flights may be late, found out by a plain loop over the feed.
 *
 * A split's watermark follows its own records: after a record it stands one millisecond below the latest schedule so far
 * less the bound. A flight is late when the watermark before it has reached the last millisecond of its hour. The job
 * takes the lowest watermark of its splits, so with one split exactly these flights are late, and with several no other.
 *
 * @module
 */
import type { FlightColumns } from "./columns.ts";
import { HOUR_MS, hourOf, MINUTE_MS } from "./flight.ts";

/**
 * Marks the row numbers that are beyond the bound of their split.
 *
 * @param splitStarts places in the feed at which splits begin, ascending, the first one 0.
 * @returns one byte a row number: 1 if the flight may be late.
 */
export function beyondBound(
  columns: FlightColumns,
  order: Uint32Array,
  boundMs: number,
  splitStarts: readonly number[],
): Uint8Array {
  const beyond = new Uint8Array(columns.rows);
  const starts = new Set(splitStarts);
  let latest = -Infinity;
  for (let at = 0; at < order.length; at++) {
    if (starts.has(at)) latest = -Infinity;
    const row = order[at]!;
    const scheduled = columns.scheduledMinute[row]! * MINUTE_MS;
    const watermark = latest - boundMs - 1;
    if (hourOf(scheduled) + HOUR_MS - 1 <= watermark) beyond[row] = 1;
    if (scheduled > latest) latest = scheduled;
  }
  return beyond;
}
