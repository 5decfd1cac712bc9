import { groupBy, windowStart } from "./groups.ts";
import type { EventLog } from "./log.ts";
import type { Row } from "./rows.ts";

const SIZE_MS = 10_000;
const SLIDE_MS = 2000;

/**
 * The auctions with the most bids in each window of ten seconds; a window starts every two seconds. Auctions with
 * equally many bids are all there, and the windows that have only begun or only not yet ended count too.
 * Row: auction, number of bids; not the window.
 */
export function q5(log: EventLog, sizeMs: number = SIZE_MS, slideMs: number = SLIDE_MS): readonly Row[] {
  return hotItems(log, sizeMs, slideMs).flatMap(({ auctions, count }) => auctions.map((auction) => [auction, count]));
}

/** The winners of one window. */
export interface HotItems {
  readonly windowStart: number;
  readonly auctions: readonly number[];
  readonly count: number;
}

/** The winners of each window in which somebody bid, in the order of the windows. */
export function hotItems(log: EventLog, sizeMs: number = SIZE_MS, slideMs: number = SLIDE_MS): readonly HotItems[] {
  const counts = new Map<number, Map<number, number>>();
  for (const { auction, dateTime } of log.bids) {
    for (let start = windowStart(dateTime, slideMs); start > dateTime - sizeMs; start -= slideMs) {
      let ofWindow = counts.get(start);
      if (ofWindow === undefined) counts.set(start, (ofWindow = new Map()));
      ofWindow.set(auction, (ofWindow.get(auction) ?? 0) + 1);
    }
  }
  return [...counts]
    .toSorted(([a], [b]) => a - b)
    .map(([start, ofWindow]) => {
      const byCount = groupBy(ofWindow, ([, count]) => count);
      const count = Math.max(...byCount.keys());
      return { windowStart: start, auctions: byCount.get(count)!.map(([auction]) => auction), count };
    });
}
