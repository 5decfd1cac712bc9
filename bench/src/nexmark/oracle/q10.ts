import { dayOf, groupBy, minuteOf } from "./groups.ts";
import type { EventLog } from "./log.ts";
import type { Row } from "./rows.ts";

/**
 * Every bid with the partition of the archive that it belongs to, which is the minute of its time in UTC.
 * Row: auction, bidder, price, dateTime, extra, day, minute.
 */
export function q10(log: EventLog): readonly Row[] {
  return log.bids.map(({ auction, bidder, price, dateTime, extra }) => {
    return [auction, bidder, price, dateTime, extra, dayOf(dateTime), minuteOf(dateTime)];
  });
}

/** What lies in each folder of the archive: its rows, without the two values that its name says. */
export function q10Partitions(log: EventLog): ReadonlyMap<string, readonly Row[]> {
  const byFolder = groupBy(q10(log), (row) => `dt=${row[5]}/hm=${row[6]}`);
  return new Map([...byFolder].map(([folder, rows]) => [folder, rows.map((row) => row.slice(0, 5))]));
}
