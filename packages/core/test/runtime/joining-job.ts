/** A job that reads two streams in one step: what it commits does not depend on which of them comes first. */
import {
  type ConnectedProcess,
  mapState,
  type MapStateDescriptor,
  pipeline,
  type ProcessContext,
  type Stream,
} from "@tidemark/core";

import { leftJoin } from "@tidemark/core/joins";

import { pacedSource } from "./paced-source.ts";
import type { Building, SuiteJob } from "./suite-job.ts";

interface Order {
  readonly order: number;
  readonly at: number;
}

interface Payment {
  readonly of: number;
  readonly paidAt: number;
  readonly amount: number;
}

const BOUND_MS = 40;

/** Out of order by up to the bound; of each number there are several. */
function timesOf(seed: number, count: number): readonly { readonly number: number; readonly at: number }[] {
  let state = seed;
  const below = (limit: number): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return (state >>> 8) % limit;
  };
  return Array.from({ length: count }, (_, index) => ({
    number: below(6),
    at: 1_000 + index * 20 + BOUND_MS - below(BOUND_MS + 1),
  }));
}

const orders = [1, 2].map((seed) => timesOf(seed, 18).map(({ number, at }): Order => ({ order: number, at })));
const payments = [3, 4].map((seed) =>
  timesOf(seed, 18).map(({ number, at }): Payment => ({ of: number, paidAt: at, amount: at % 7 })),
);

/** Both streams. */
function begin({ source, pass }: Building) {
  const job = pipeline("joining");
  const time = { outOfOrder: `${BOUND_MS}ms` } as const;
  const left: Stream<Order, "exactly-once"> = job
    .source("orders", pacedSource(orders, source), { eventTime: ({ at }) => at, ...time })
    .map(pass);
  const right: Stream<Payment, "exactly-once"> = job
    .source("payments", pacedSource(payments, { ...source, perPoll: 1 }), {
      eventTime: ({ paidAt }) => paidAt,
      ...time,
    })
    .map(pass);
  return { job, orders: left, payments: right };
}

const STRETCH_MS = 100;
const stretchOf = (at: number): number => Math.floor(at / STRETCH_MS);

/** How many orders and how much was paid, in the same entries of state, which one timer emits. */
const together: ConnectedProcess<Order, Payment, number, Sums, string> = {
  state: { sums: mapState() },
  onLeft: (_order, context) => add(context, 1, 0),
  onRight: ({ amount }, context) => add(context, 0, amount),
  onTimer(time, context) {
    const stretch = stretchOf(time);
    context.emit(`sum ${context.key} ${stretch}: ${context.state.sums.get(stretch)?.join(" ")}`);
    context.state.sums.delete(stretch);
  },
};

type Sums = { readonly sums: MapStateDescriptor<number, readonly [count: number, amount: number]> };

function add(context: ProcessContext<number, Sums, string>, orders: number, paid: number): void {
  const stretch = stretchOf(context.timestamp);
  const [count, amount] = context.state.sums.get(stretch) ?? [0, 0];
  context.state.sums.set(stretch, [count + orders, amount + paid]);
  context.setEventTimer((stretch + 1) * STRETCH_MS - 1);
}

function sumsOf(): readonly string[] {
  const sums = new Map<string, [number, number]>();
  const add = (number: number, at: number, orders: number, paid: number): void => {
    const name = `${number} ${stretchOf(at)}`;
    const [count, amount] = sums.get(name) ?? [0, 0];
    sums.set(name, [count + orders, amount + paid]);
  };
  for (const { order, at } of orders.flat()) add(order, at, 1, 0);
  for (const { of, paidAt, amount } of payments.flat()) add(of, paidAt, 0, amount);
  return [...sums].map(([name, sum]) => `sum ${name}: ${sum.join(" ")}`);
}

/** A process over two streams, and a stream that is joined with itself by other keys. */
export const joiningJob: SuiteJob = {
  name: "connect, and a left join of a stream with itself",
  build: (building) => {
    const { job, orders, payments } = begin(building);
    const byOrder = orders.keyBy(({ order }) => order);
    const sums = byOrder.connect(payments.keyBy(({ of }) => of)).process("together", together);
    byOrder
      .join(
        "next",
        orders.keyBy(({ order }) => order - 1),
        leftJoin({ retention: { left: "30ms", right: "10ms" } }),
        (one, other) => `next ${one.order}: ${one.at} ${other?.at ?? "none"}`,
      )
      .union(sums)
      .sink("out", building.sink);
    return job;
  },
  expected: () => {
    const joined = orders.flat().flatMap(({ order, at }) => {
      const next = orders
        .flat()
        .filter((other) => other.order === order + 1 && other.at >= at - 10 && other.at <= at + 30);
      return next.length === 0
        ? [`next ${order}: ${at} none`]
        : next.map((other) => `next ${order}: ${at} ${other.at}`);
    });
    return [...sumsOf(), ...joined];
  },
};
