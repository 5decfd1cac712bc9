import { groupBy, windowStart } from "./groups.ts";
import type { EventLog } from "./log.ts";
import type { Row } from "./rows.ts";

const SIZE_MS = 10_000;

/**
 * The highest bids of every ten seconds. Each window has a highest price; its rows are the bids of that price whose
 * time lies between its start and its end, both included. So a bid at the very end of a window, which belongs to the
 * next one, is a row of both if it has the highest price of both; and one that is not the highest of its own window
 * may still equal the highest price of the window before. Row: auction, price, bidder, dateTime, extra.
 */
export function q7(log: EventLog): readonly Row[] {
  const windows = groupBy(log.bids, ({ dateTime }) => windowStart(dateTime, SIZE_MS));
  const rows: Row[] = [];
  for (const [start, bids] of windows) {
    const highest = bids.reduce((price, bid) => Math.max(price, bid.price), 0);
    for (const bid of [...bids, ...(windows.get(start + SIZE_MS) ?? [])]) {
      if (bid.price !== highest || bid.dateTime > start + SIZE_MS) continue;
      rows.push([bid.auction, bid.price, bid.bidder, bid.dateTime, bid.extra]);
    }
  }
  return rows;
}
