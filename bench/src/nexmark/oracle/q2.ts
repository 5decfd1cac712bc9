import type { EventLog } from "./log.ts";
import type { Row } from "./rows.ts";

/** Bids for auctions whose id can be divided by 123. Row: auction, price. */
export function q2(log: EventLog): readonly Row[] {
  return log.bids.filter(({ auction }) => auction % 123 === 0).map(({ auction, price }) => [auction, price]);
}
