import { append } from "./query.ts";
import { bidsOf } from "./streams.ts";

/** Every bid as it is. */
export const q0 = append((events) =>
  bidsOf(events).map(({ auction, bidder, price, dateTime, extra }) => [auction, bidder, price, dateTime, extra]),
);
