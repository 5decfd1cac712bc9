/** A job of the suite that reads a stream and a broadcast one: what it commits does not depend on which of them comes first. */
import { emits, mapState, pipeline, type Stream } from "@tidemark/core";
import { broadcastState, keyedBroadcastProcess } from "@tidemark/core/state";

import { pacedSource } from "./paced-source.ts";
import type { Building, SuiteJob } from "./suite-job.ts";

interface Sale {
  readonly id: number;
  readonly item: string;
}

interface Price {
  readonly item: string;
  readonly cents: number;
}

const ITEMS = 7;
const itemOf = (number: number): string => `item ${number % ITEMS}`;
const sales = [0, 1, 2].map((split) =>
  Array.from({ length: 28 }, (_, index): Sale => ({ id: split * 100 + index, item: itemOf(index * 5 + split) })),
);
/** Each item has one price, told again and again by one of two writers. */
const prices = [0, 1].map((split) =>
  Array.from({ length: 4 * ITEMS }, (_, index) => index % ITEMS)
    .filter((item) => item % 2 === split)
    .map((item): Price => ({ item: itemOf(item), cents: 10 + item })),
);

function begin({ source, pass }: Building) {
  const job = pipeline("broadcasting");
  const sold: Stream<Sale, "exactly-once"> = job
    .source("sales", pacedSource(sales, source), { eventTime: ({ id }) => id })
    .map(pass);
  const told: Stream<Price, "exactly-once"> = job
    .source("prices", pacedSource(prices, { ...source, perPoll: 1 }), { eventTime: ({ cents }) => cents })
    .map(pass);
  return { job, sold, told: told.broadcast() };
}

const priceOf = (item: string): number => 10 + Number(item.split(" ")[1]);
const expected = (): readonly string[] => sales.flat().map(({ id, item }) => `${id}: ${priceOf(item)}`);

/** Sales wait by key; at the end of time, when all prices have come, a timer emits them. */
export const broadcastingJob: SuiteJob = {
  name: "keyBy, connect, broadcast, process",
  build: (building) => {
    const { job, sold, told } = begin(building);
    sold
      .keyBy(({ id }) => id % 10)
      .connect(told)
      .process(
        "price",
        keyedBroadcastProcess({
          state: { waiting: mapState<number, string>(), prices: broadcastState<string, number>() },
          emits: emits<string>(),
          onRecord({ id, item }, context) {
            const cents = context.state.prices.get(item);
            if (cents !== undefined) return context.emit(`${id}: ${cents}`);
            context.state.waiting.set(id, item);
            context.setEventTimer(1_000_000);
          },
          onBroadcast: ({ item, cents }, { state }) => state.prices.set(item, cents),
          onTimer(_time, context) {
            const { waiting, prices: known } = context.state;
            for (const [id, item] of waiting.entries()) context.emit(`${id}: ${known.get(item)}`);
            waiting.clear();
          },
        }),
      )
      .sink("out", building.sink);
    return job;
  },
  expected,
};
