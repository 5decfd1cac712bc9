import type { EventLog } from "./log.ts";
import type { Row } from "./rows.ts";

/** Every bid as it is, without channel and address. Row: auction, bidder, price, dateTime, extra. */
export function q0(log: EventLog): readonly Row[] {
  return log.bids.map(({ auction, bidder, price, dateTime, extra }) => [auction, bidder, price, dateTime, extra]);
}
