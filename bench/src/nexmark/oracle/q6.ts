import { groupBy, wholeMean } from "./groups.ts";
import type { EventLog } from "./log.ts";
import type { Row } from "./rows.ts";
import { biddenAuctions, winnersOf } from "./winning.ts";

const LAST = 10;

/**
 * The mean of the last ten winning prices of each seller, without its fraction.
 *
 * No engine is a reference here: the SQL of this query cannot run, because its window cannot take back rows, its
 * frame has eleven rows where the question says ten, and other systems rank the bids the wrong way round. We decide:
 *
 * - A winning bid is that of query 9: highest price in the life of the auction, both ends included, no reserve. It
 *   counts as soon as it leads; the auction need not have ended. So the answer at the end depends on no clock.
 * - Last means by the time of the winning bid; at equal times the lower price is the earlier one.
 * - Ten rows, as the question says. `last` can be set to eleven to get the frame of the SQL text.
 * - The answer is the table at the end: one row for each seller that has a winning bid.
 *
 * Row: seller, mean.
 */
export function q6(log: EventLog, last: number = LAST): readonly Row[] {
  const won = biddenAuctions(log).map((bidden) => {
    // All winners of an auction have the same price and the same time.
    const { price, dateTime } = winnersOf(bidden)[0]!;
    return { seller: bidden.auction.seller, price, dateTime };
  });
  return [...groupBy(won, ({ seller }) => seller)].map(([seller, all]) => {
    const inOrder = all.toSorted((a, b) => a.dateTime - b.dateTime || a.price - b.price);
    return [seller, wholeMean(inOrder.slice(-last).map(({ price }) => price))];
  });
}
