import { append } from "./query.ts";
import { bidsOf } from "./streams.ts";

/** Every bid with the three folders of its address. */
export const q22 = append((events) =>
  bidsOf(events).map(({ auction, bidder, price, channel, url }) => {
    const parts = url.split("/", 6);
    return [auction, bidder, price, channel, parts[3] ?? null, parts[4] ?? null, parts[5] ?? null];
  }),
);
