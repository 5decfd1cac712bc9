import { append } from "./query.ts";
import { bidsOf } from "./streams.ts";

/** Bids for auctions whose id can be divided by 123. */
export const q2 = append((events) =>
  bidsOf(events)
    .filter(({ auction }) => auction % 123 === 0)
    .map(({ auction, price }) => [auction, price]),
);
