import { groupBy, windowStart } from "./groups.ts";
import type { EventLog } from "./log.ts";
import type { Row } from "./rows.ts";

const SIZE_MS = 10_000;

/**
 * The bids of each bidder in every ten seconds of the clock on the wall: by when they arrive, not by their own time.
 * The arrivals of the log say when that is. Row: bidder, number of bids, start, end of the window.
 */
export function q12(log: EventLog): readonly Row[] {
  const arrived = log.bids.map(({ bidder }, index) => ({ bidder, start: windowStart(log.arrivals[index]!, SIZE_MS) }));
  return [...groupBy(arrived, ({ bidder, start }) => `${bidder} ${start}`).values()].map((bids) => {
    const { bidder, start } = bids[0]!;
    return [bidder, bids.length, start, start + SIZE_MS];
  });
}
