import { valueState } from "@tidemark/core";

import { count, numbersOf, statistics } from "./daily-statistics.ts";
import { type Change, updating } from "./query.ts";
import { bidsOf } from "./streams.ts";
import { dayOf, minuteOf } from "./utc.ts";

const state = { ...statistics, latest: valueState("") };

/** The statistics of each channel and day, with the latest minute in which somebody bid. */
export const q16 = updating((events) =>
  bidsOf(events)
    .keyBy(({ channel, dateTime }) => [channel, dayOf(dateTime)] as const)
    .process<Change, typeof state>("channels", {
      state,
      onRecord(bid, context) {
        const { latest } = context.state;
        const minute = minuteOf(bid.dateTime);
        const before = latest.get();
        if (before !== "") context.emit({ sign: -1, row: [...context.key, before, ...numbersOf(context.state)] });
        if (minute > before) latest.update(minute);
        count(context.state, bid);
        context.emit({ sign: 1, row: [...context.key, latest.get(), ...numbersOf(context.state)] });
      },
    }),
);
