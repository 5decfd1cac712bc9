import { count, numbersOf, statistics } from "./daily-statistics.ts";
import { type Change, updating } from "./query.ts";
import { bidsOf } from "./streams.ts";
import { dayOf } from "./utc.ts";

/** The statistics of each day. */
export const q15 = updating((events) =>
  bidsOf(events)
    .keyBy(({ dateTime }) => dayOf(dateTime))
    .process<Change, typeof statistics>("days", {
      state: statistics,
      onRecord(bid, context) {
        const before = numbersOf(context.state);
        count(context.state, bid);
        if (before[0] !== 0) context.emit({ sign: -1, row: [context.key, ...before] });
        context.emit({ sign: 1, row: [context.key, ...numbersOf(context.state)] });
      },
    }),
);
