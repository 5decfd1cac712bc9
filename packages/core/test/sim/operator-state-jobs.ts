/** Jobs of the simulator whose subtasks keep state besides keys. Their rows do not depend on who reads what, and when. */
import { emits, mapState, pipeline } from "@tidemark/core";
import {
  broadcastProcess,
  broadcastState,
  keyedBroadcastProcess,
  splitListState,
  subtaskProcess,
  unionListState,
} from "@tidemark/core/state";
import { type SimJob, simTopic } from "@tidemark/core/testing";

const SPLITS = 4;
const RECORDS = 6;

/** The numbers of each split. */
function numbers(): Record<string, number[]> {
  const splits = Array.from({ length: SPLITS }, (_, split) => {
    const records = Array.from({ length: RECORDS }, (_record, index) => split * 100 + index);
    return [`split-${split}`, records] as const;
  });
  return Object.fromEntries(splits);
}

/** Holds back a few numbers in each subtask, and notes all of them until the input ends: each comes out twice. */
export function holdingJob(): SimJob<string> {
  return {
    name: "holding",
    prepare(world) {
      const topic = simTopic(world, numbers(), { lazy: true });
      const all = Object.values(numbers()).flat();
      return {
        expected: { rows: all.flatMap((number) => [`${number}`, `noted ${number}`]), describe: (row) => row },
        build(process, sink) {
          const job = pipeline("holding", { guarantee: "exactly-once" });
          job
            .source("numbers", topic.source(process))
            .rebalance()
            .process(
              "hold",
              subtaskProcess({
                state: { held: splitListState<number>(), noted: unionListState<number>() },
                emits: emits<string>(),
                onRecord(number, context) {
                  const { held, noted } = context.state;
                  noted.add(number);
                  held.add(number);
                  const [first, ...rest] = held.get();
                  if (rest.length < 2) return;
                  context.emit(`${first}`);
                  held.update(rest);
                },
                onEnd(context) {
                  const { held, noted } = context.state;
                  for (const number of held.get()) context.emit(`${number}`);
                  for (const number of noted.get()) context.emit(`noted ${number}`);
                  held.clear();
                  noted.clear();
                },
              }),
            )
            .sink("out", sink);
          return job;
        },
      };
    },
  };
}

interface Price {
  readonly item: number;
  readonly cents: number;
}

const ITEMS = 3;

/** Prices what is sold, by prices that are broadcast: sales wait in a list of their subtask, or by key until the end. */
export function pricingJob(by: "subtask" | "key"): SimJob<string> {
  return {
    name: `pricing-by-${by}`,
    prepare(world) {
      const told = [0, 1].map((split) =>
        Array.from({ length: ITEMS }, (_, item): Price => ({ item, cents: 10 + item })).filter(
          ({ item }) => item % 2 === split,
        ),
      );
      const sales = simTopic(world, numbers(), { lazy: true, name: "sales" });
      const prices = simTopic(
        world,
        { "prices-0": told[0] as Price[], "prices-1": told[1] as Price[] },
        { name: "prices" },
      );
      const priceOf = (sale: number): string => `${sale} for ${10 + (sale % ITEMS)}`;
      return {
        expected: { rows: Object.values(numbers()).flat().map(priceOf), describe: (row) => row },
        build(process, sink) {
          const job = pipeline("pricing", { guarantee: "exactly-once" });
          const sold = job.source("sales", sales.source(process), { eventTime: (sale) => sale });
          const known = job.source("prices", prices.source(process), { eventTime: ({ cents }) => cents }).broadcast();
          const priced =
            by === "subtask"
              ? sold.connect(known).process("price", bySubtask)
              : sold
                  .keyBy((sale) => sale % 5)
                  .connect(known)
                  .process("price", byKey);
          priced.sink("out", sink);
          return job;
        },
      };
    },
  };
}

const bySubtask = broadcastProcess({
  state: { prices: broadcastState<number, number>(), waiting: splitListState<number>() },
  emits: emits<string>(),
  onRecord(sale: number, context) {
    const cents = context.state.prices.get(sale % ITEMS);
    if (cents === undefined) context.state.waiting.add(sale);
    else context.emit(`${sale} for ${cents}`);
  },
  onBroadcast({ item, cents }: Price, context) {
    const { prices, waiting } = context.state;
    prices.set(item, cents);
    for (const sale of waiting.get()) if (sale % ITEMS === item) context.emit(`${sale} for ${cents}`);
    waiting.update(waiting.get().filter((sale) => sale % ITEMS !== item));
  },
});

const byKey = keyedBroadcastProcess({
  state: { waiting: mapState<number, null>(), prices: broadcastState<number, number>() },
  emits: emits<string>(),
  onRecord(sale: number, context) {
    const cents = context.state.prices.get(sale % ITEMS);
    if (cents !== undefined) return context.emit(`${sale} for ${cents}`);
    context.state.waiting.set(sale, null);
    context.setEventTimer(1_000);
  },
  onBroadcast: ({ item, cents }: Price, { state }) => state.prices.set(item, cents),
  onTimer(_time, context) {
    const { waiting, prices } = context.state;
    for (const [sale] of waiting.entries()) context.emit(`${sale} for ${prices.get(sale % ITEMS)}`);
    waiting.clear();
  },
});
