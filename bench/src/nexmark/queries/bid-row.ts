import type { Bid } from "../generator/model.ts";
import type { Value } from "../oracle/rows.ts";

/** All fields of a bid, in the order of its table. */
export function bidRow({ auction, bidder, price, channel, url, dateTime, extra }: Bid): readonly Value[] {
  return [auction, bidder, price, channel, url, dateTime, extra];
}
