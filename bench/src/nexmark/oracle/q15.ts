import { dayOf, groupBy } from "./groups.ts";
import type { EventLog } from "./log.ts";
import type { Row } from "./rows.ts";
import { statisticsOf } from "./statistics.ts";

/**
 * The statistics of each day in UTC. Row: day, then bids, bidders and auctions, each in all and of the three ranks of
 * prices; bidders and auctions are counted once, in all and in each rank. The answer is the table at the end.
 */
export function q15(log: EventLog): readonly Row[] {
  const days = groupBy(log.bids, ({ dateTime }) => dayOf(dateTime));
  return [...days].map(([day, bids]) => [day, ...statisticsOf(bids)]);
}
