import type { EventLog } from "./log.ts";
import type { Row } from "./rows.ts";

/**
 * Every bid with the three folders of its address: its parts 3, 4 and 5 between slashes, counted from 0, null where
 * there is none. Row: auction, bidder, price, channel, and the three.
 */
export function q22(log: EventLog): readonly Row[] {
  return log.bids.map(({ auction, bidder, price, channel, url }) => {
    const parts = url.split("/");
    return [auction, bidder, price, channel, parts[3] ?? null, parts[4] ?? null, parts[5] ?? null];
  });
}
