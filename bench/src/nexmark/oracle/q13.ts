import type { EventLog } from "./log.ts";
import type { Row } from "./rows.ts";

/** The rows of the table to look things up in: its keys are 0 to 9,999, the value of a key is the key as text. */
export const SIDE_ROWS = 10_000;

/**
 * Every bid with what the table says of its auction's id modulo the size of the table.
 * Row: auction, bidder, price, dateTime, value.
 */
export function q13(log: EventLog): readonly Row[] {
  const table = new Map(Array.from({ length: SIDE_ROWS }, (_, key) => [key, String(key)]));
  const rows: Row[] = [];
  for (const { auction, bidder, price, dateTime } of log.bids) {
    const value = table.get(auction % SIDE_ROWS);
    if (value !== undefined) rows.push([auction, bidder, price, dateTime, value]);
  }
  return rows;
}
