/** Jobs of the suite that read two streams in one step: what they commit does not depend on which of them comes first. */
import { emits, mapState, pipeline, type Stream } from "@tidemark/core";

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

const orders = [1, 2].map((seed) => timesOf(seed, 24).map(({ number, at }): Order => ({ order: number, at })));
const payments = [3, 4, 5].map((seed) =>
  timesOf(seed, 20).map(({ number, at }): Payment => ({ of: number, paidAt: at, amount: at % 7 })),
);

/** Both streams, keyed by the number of the order. */
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
  return { job, orders: left.keyBy(({ order }) => order), payments: right.keyBy(({ of }) => of) };
}

const STRETCH_MS = 100;
const stretchOf = (at: number): number => Math.floor(at / STRETCH_MS);

/** Counts one stream and adds up the other in the same entries, which one timer emits. */
const connecting: SuiteJob = {
  name: "connect, process",
  build: (building) => {
    const { job, orders, payments } = begin(building);
    orders
      .connect(payments)
      .process("together", {
        state: { sums: mapState<number, readonly [count: number, amount: number]>() },
        emits: emits<string>(),
        onLeft(_order, context) {
          const stretch = stretchOf(context.timestamp);
          const [count, amount] = context.state.sums.get(stretch) ?? [0, 0];
          context.state.sums.set(stretch, [count + 1, amount]);
          context.setEventTimer((stretch + 1) * STRETCH_MS - 1);
        },
        onRight(payment, context) {
          const stretch = stretchOf(context.timestamp);
          const [count, amount] = context.state.sums.get(stretch) ?? [0, 0];
          context.state.sums.set(stretch, [count, amount + payment.amount]);
          context.setEventTimer((stretch + 1) * STRETCH_MS - 1);
        },
        onTimer(time, context) {
          const stretch = stretchOf(time);
          context.emit(`${context.key} ${stretch}: ${context.state.sums.get(stretch)?.join(" ")}`);
          context.state.sums.delete(stretch);
        },
      })
      .sink("out", building.sink);
    return job;
  },
  expected: () => {
    const sums = new Map<string, [number, number]>();
    const add = (number: number, at: number, count: number, amount: number): void => {
      const name = `${number} ${stretchOf(at)}`;
      const [counted, summed] = sums.get(name) ?? [0, 0];
      sums.set(name, [counted + count, summed + amount]);
    };
    for (const { order, at } of orders.flat()) add(order, at, 1, 0);
    for (const { of, paidAt, amount } of payments.flat()) add(of, paidAt, 0, amount);
    return [...sums].map(([name, sum]) => `${name}: ${sum.join(" ")}`);
  },
};

/** All of them. */
export const joiningJobs: readonly SuiteJob[] = [connecting];
