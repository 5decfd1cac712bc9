import { valueState } from "@tidemark/core";

import { NONE, seen, withBid } from "./daily-statistics.ts";
import { type Change, updating } from "./query.ts";
import { bidsOf } from "./streams.ts";
import { dayOf } from "./utc.ts";

const state = { ...seen, statistics: valueState(NONE) };

/** The statistics of each day. */
export const q15 = updating((events) =>
  bidsOf(events)
    .keyBy(({ dateTime }) => dayOf(dateTime))
    .process<Change, typeof state>("days", {
      state,
      onRecord(bid, context) {
        const { statistics } = context.state;
        const before = statistics.get();
        const after = withBid(before, context.state, bid);
        statistics.update(after);
        if (before[0] !== 0) context.emit({ sign: -1, row: [context.key, ...before] });
        context.emit({ sign: 1, row: [context.key, ...after] });
      },
    }),
);
