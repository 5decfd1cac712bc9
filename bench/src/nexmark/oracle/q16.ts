import { dayOf, groupBy, minuteOf } from "./groups.ts";
import type { EventLog } from "./log.ts";
import type { Row } from "./rows.ts";
import { statisticsOf } from "./statistics.ts";

/**
 * The statistics of query 15 for each channel and day, with the latest minute in which somebody bid.
 * Row: channel, day, minute, then the twelve numbers. The answer is the table at the end.
 */
export function q16(log: EventLog): readonly Row[] {
  const groups = groupBy(log.bids, ({ channel, dateTime }) => JSON.stringify([channel, dayOf(dateTime)]));
  return [...groups.values()].map((bids) => {
    const latest = bids.reduce((time, bid) => Math.max(time, bid.dateTime), 0);
    return [bids[0]!.channel, dayOf(latest), minuteOf(latest), ...statisticsOf(bids)];
  });
}
