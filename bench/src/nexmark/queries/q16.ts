import { valueState } from "@tidemark/core";

import type { Row } from "../oracle/rows.ts";
import { NONE, seen, type Statistics, withBid } from "./daily-statistics.ts";
import { type Change, updating } from "./query.ts";
import { bidsOf } from "./streams.ts";
import { dayOf, minuteOf } from "./utc.ts";

interface Channel {
  readonly latest: string;
  readonly statistics: Statistics;
}

const state = { ...seen, channel: valueState<Channel>({ latest: "", statistics: NONE }) };

/** The statistics of each channel and day, with the latest minute in which somebody bid. */
export const q16 = updating((events) =>
  bidsOf(events)
    .keyBy(({ channel, dateTime }) => [channel, dayOf(dateTime)] as const)
    .process<Change, typeof state>("channels", {
      state,
      onRecord(bid, context) {
        const { channel } = context.state;
        const before = channel.get();
        const minute = minuteOf(bid.dateTime);
        const after: Channel = {
          latest: minute > before.latest ? minute : before.latest,
          statistics: withBid(before.statistics, context.state, bid),
        };
        channel.update(after);
        if (before.latest !== "") context.emit({ sign: -1, row: rowOf(context.key, before) });
        context.emit({ sign: 1, row: rowOf(context.key, after) });
      },
    }),
);

function rowOf(key: readonly [channel: string, day: string], { latest, statistics }: Channel): Row {
  return [...key, latest, ...statistics];
}
