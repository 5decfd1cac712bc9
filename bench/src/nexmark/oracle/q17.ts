import { dayOf, groupBy, wholeMean } from "./groups.ts";
import type { EventLog } from "./log.ts";
import type { Row } from "./rows.ts";
import { byRank } from "./statistics.ts";

/**
 * The bids for each auction on each day in UTC. Row: auction, day, bids in all and of the three ranks of prices, lowest
 * price, highest price, mean price without its fraction, sum of prices. The answer is the table at the end.
 */
export function q17(log: EventLog): readonly Row[] {
  const groups = groupBy(log.bids, ({ auction, dateTime }) => `${auction} ${dayOf(dateTime)}`);
  return [...groups.values()].map((bids) => {
    const { auction, dateTime } = bids[0]!;
    const prices = bids.map(({ price }) => price);
    const lowest = prices.reduce((a, b) => Math.min(a, b));
    const highest = prices.reduce((a, b) => Math.max(a, b));
    const sum = prices.reduce((a, b) => a + b);
    const counts = byRank(bids, (some) => some.length);
    return [auction, dayOf(dateTime), ...counts, lowest, highest, wholeMean(prices), sum];
  });
}
