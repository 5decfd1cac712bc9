import { valueState } from "@tidemark/core";

import type { Bid } from "../generator/model.ts";
import { bidRow } from "./bid-row.ts";
import { type Change, updating } from "./query.ts";
import { bidsOf } from "./streams.ts";

const LIMIT = 10;

const state = { top: valueState<readonly Bid[]>([]) };

/** The ten highest bids for each auction, numbered from the highest; of the same price, the one that came first is higher. */
export const q19 = updating((events) =>
  bidsOf(events)
    .keyBy(({ auction }) => auction)
    .process<Change, typeof state>("top", {
      state,
      onRecord(bid, context) {
        const { top } = context.state;
        const before = top.get();
        const above = before.findIndex(({ price }) => price < bid.price);
        const at = above < 0 ? before.length : above;
        if (at === LIMIT) return;
        const after = [...before.slice(0, at), bid, ...before.slice(at, LIMIT - 1)];
        top.update(after);
        for (let index = at; index < before.length; index++) {
          context.emit({ sign: -1, row: [...bidRow(before[index]!), index + 1] });
        }
        for (let index = at; index < after.length; index++) {
          context.emit({ sign: 1, row: [...bidRow(after[index]!), index + 1] });
        }
      },
    }),
);
