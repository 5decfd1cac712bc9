import { groupBy } from "./groups.ts";
import type { EventLog } from "./log.ts";
import type { Row } from "./rows.ts";

const GAP_MS = 10_000;

/**
 * The sessions of each bidder: bids with no more than ten seconds from one to the next. A pause of exactly ten seconds
 * does not end a session, because the windows of the two bids touch and Flink merges windows that touch. A session
 * lasts until ten seconds after its last bid. Row: bidder, number of bids, start, end.
 */
export function q11(log: EventLog): readonly Row[] {
  const rows: Row[] = [];
  for (const [bidder, bids] of groupBy(log.bids, (bid) => bid.bidder)) {
    const times = bids.map(({ dateTime }) => dateTime).toSorted((a, b) => a - b);
    let first = 0;
    for (const [index, time] of times.entries()) {
      const next = times[index + 1];
      if (next !== undefined && next - time <= GAP_MS) continue;
      rows.push([bidder, index - first + 1, times[first]!, time + GAP_MS]);
      first = index + 1;
    }
  }
  return rows;
}
