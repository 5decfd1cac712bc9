import { mapState, valueState } from "@tidemark/core";
import { count } from "@tidemark/core/aggregates";
import { sliding } from "@tidemark/core/windows";

import type { Row } from "../oracle/rows.ts";
import { append } from "./query.ts";
import { bidsOf } from "./streams.ts";

const state = {
  most: valueState(0),
  /** The auctions with as many bids as `most`. */
  auctions: mapState<number, true>(),
};

/** The auctions with the most bids in the last ten seconds, every two seconds. */
export const q5 = append((events) =>
  bidsOf(events)
    .keyBy(({ auction }) => auction)
    .window("counts", sliding("10s", "2s"))
    .aggregate(count())
    .keyBy(({ window }) => window.end)
    .process<Row, typeof state>("hot", {
      state,
      onRecord({ key: auction, window, value: bids }, context) {
        const { most, auctions } = context.state;
        if (bids < most.get()) return;
        if (bids > most.get()) auctions.clear();
        most.update(bids);
        auctions.set(auction, true);
        // The counts of a window carry its last moment as their time.
        context.setEventTimer(window.end - 1);
      },
      onTimer(_, context) {
        const { most, auctions } = context.state;
        for (const [auction] of auctions.entries()) context.emit([auction, most.get()]);
        most.clear();
        auctions.clear();
      },
    }),
);
