/**
 * The order in which the flights reach the feed: as they really left.
 *
 * @module
 */
import type { FlightColumns } from "./columns.ts";

/** A row number has 22 bits: 3,000,000 fit. The minute is put above them, so one number sorts by both. */
const ROW_SPAN = 2 ** 22;

/** Row numbers by actual departure (schedule + delay), those of one minute by row number. */
export function feedOrder(columns: FlightColumns): Uint32Array {
  const { rows, scheduledMinute, delay } = columns;
  if (rows > ROW_SPAN) throw new RangeError(`Cannot order ${rows} flights: the limit is ${ROW_SPAN}`);
  const keys = new Float64Array(rows);
  for (let row = 0; row < rows; row++) keys[row] = (scheduledMinute[row]! + delay[row]!) * ROW_SPAN + row;
  keys.sort();
  const order = new Uint32Array(rows);
  // The minute is positive: the epoch lies before every flight that this is made for.
  for (let at = 0; at < rows; at++) order[at] = keys[at]! % ROW_SPAN;
  return order;
}

/** For each row number its place in the feed: the inverse of {@link feedOrder}. */
export function placesInFeed(order: Uint32Array): Uint32Array {
  const places = new Uint32Array(order.length);
  for (let at = 0; at < order.length; at++) places[order[at]!] = at;
  return places;
}
