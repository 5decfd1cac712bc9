import { count } from "@tidemark/core/aggregates";
import { session } from "@tidemark/core/windows";

import { append } from "./query.ts";
import { bidsOf } from "./streams.ts";

/** The sessions of each bidder: bids with no more than ten seconds from one to the next. */
export const q11 = append((events) =>
  bidsOf(events)
    .keyBy(({ bidder }) => bidder)
    .window("sessions", session("10s"))
    .aggregate(count())
    .map(({ key, window, value }) => [key, value, window.start, window.end]),
);
