import { mapState } from "@tidemark/core";

import type { Row } from "../oracle/rows.ts";
import { append } from "./query.ts";
import { bidsOf } from "./streams.ts";

const SIZE_MS = 10_000;

const state = { counts: mapState<number, number>() };

/**
 * The bids of each bidder in every ten seconds of the clock on the wall. What is still open when the input ends is
 * written then.
 */
export const q12 = append((events) =>
  bidsOf(events)
    .keyBy(({ bidder }) => bidder)
    .process<Row, typeof state>("arrivals", {
      state,
      onRecord(_, context) {
        const { counts } = context.state;
        const start = Math.floor(context.now() / SIZE_MS) * SIZE_MS;
        counts.set(start, (counts.get(start) ?? 0) + 1);
        context.setProcessingTimer(start + SIZE_MS);
        context.setEventTimer(Number.MAX_SAFE_INTEGER);
      },
      onTimer(time, context) {
        const { counts } = context.state;
        const due = [...counts.entries()].filter(([start]) => start + SIZE_MS <= time);
        for (const [start, count] of due) {
          context.emit([context.key, count, start, start + SIZE_MS]);
          counts.delete(start);
        }
      },
    }),
);
