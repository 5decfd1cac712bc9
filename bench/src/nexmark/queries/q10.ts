import { append } from "./query.ts";
import { bidsOf } from "./streams.ts";
import { dayOf, minuteOf } from "./utc.ts";

/** Every bid with the partition of the archive that it belongs to: the day and the minute of its time. */
export const q10 = append((events) =>
  bidsOf(events).map(({ auction, bidder, price, dateTime, extra }) => {
    return [auction, bidder, price, dateTime, extra, dayOf(dateTime), minuteOf(dateTime)];
  }),
);
