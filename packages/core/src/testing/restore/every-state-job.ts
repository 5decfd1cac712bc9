import { pipeline, type Pipeline } from "../../api/pipeline.ts";
import type { Stream } from "../../api/streams/stream.ts";
import { asyncMap } from "../../api/async-map.ts";
import { emits } from "../../operators/process.ts";
import { subtaskProcess } from "../../operators/subtask-process.ts";
import { session } from "../../operators/windows/session.ts";
import { tumbling } from "../../operators/windows/tumbling.ts";
import { aggregatingState } from "../../state/kinds/aggregating.ts";
import { listState } from "../../state/kinds/list.ts";
import { reducingState } from "../../state/kinds/reducing.ts";
import { mapState, valueState } from "../../state/kinds/with-options.ts";
import { broadcastState } from "../../state/operator-state/broadcast.ts";
import { splitListState } from "../../state/operator-state/split-list.ts";
import { unionListState } from "../../state/operator-state/union-list.ts";
import { GAP_MS, type Order, WINDOW_MS } from "./orders.ts";
import { type OrdersOptions, ordersSource } from "./orders-source.ts";
import type { RowsSink } from "./rows-sink.ts";

/** After every order, so that it fires at the end of the input. */
const LAST_MS = 1_000_000;
/** After every test: such a timer stays. */
const NEVER_MS = 8e12;

const total = {
  create: () => ({ sum: 0 }),
  add: (all: { sum: number }, { item }: Order) => {
    all.sum += item;
    return all;
  },
  merge: (one: { sum: number }, other: { sum: number }) => ({ sum: one.sum + other.sum }),
  result: ({ sum }: { sum: number }) => sum,
};

type Orders = Stream<Order, "exactly-once">;

/** One step for each way of keeping state: a new one is one more function here, and its rows in the oracle. */
const STEPS: Readonly<Record<string, (orders: Orders) => Stream<string, "exactly-once">>> = {
  kinds: (orders) =>
    orders
      .keyBy(({ customer }) => customer)
      .process("kinds", {
        state: {
          value: valueState(0),
          expiring: valueState(0, { ttl: { after: "30d" } }),
          list: listState<number>(),
          map: mapState<number, number>(),
          reducing: reducingState<number>((one, other) => one + other),
          aggregating: aggregatingState(total),
        },
        emits: emits<string>(),
        onRecord: (order, context) => {
          const { item } = order;
          const { state } = context;
          state.value.update(state.value.get() + item);
          state.expiring.update(state.expiring.get() + item);
          state.list.add(item);
          state.map.set(item, (state.map.get(item) ?? 0) + 1);
          state.reducing.add(item);
          state.aggregating.add(order);
          context.setEventTimer(LAST_MS);
          context.setProcessingTimer(NEVER_MS + item);
        },
        onTimer: (_time, context) => {
          const { key, state } = context;
          const sums = [state.value.get(), state.expiring.get(), state.reducing.get(), state.aggregating.get()];
          const map = [...state.map.entries()].toSorted(([a], [b]) => a - b).map(([item, count]) => `${item}x${count}`);
          context.emit(`kinds ${key}: ${sums.join(" ")} [${state.list.get().join(" ")}] ${map.join(" ")}`);
        },
      }),
  lists: (orders) =>
    orders.rebalance().process(
      "lists",
      subtaskProcess({
        state: { split: splitListState<number>(), union: unionListState<number>() },
        emits: emits<string>(),
        onRecord: ({ item }: Order, { state: { split, union } }) => {
          split.add(item);
          union.add(item);
        },
        onEnd: (context) => {
          for (const item of context.state.split.get()) context.emit(`split ${item}`);
          for (const item of context.state.union.get()) context.emit(`union ${item}`);
        },
      }),
    ),
  copies: (orders) =>
    orders.broadcast().process(
      "copies",
      subtaskProcess({
        state: { copy: broadcastState<number, string>() },
        emits: emits<string>(),
        onRecord: ({ item }: Order, { state: { copy } }) => copy.set(item, `item ${item}`),
        onEnd: (context) => {
          if (context.subtask > 0) return;
          for (const [item, name] of context.state.copy.entries()) context.emit(`copy ${item}: ${name}`);
        },
      }),
    ),
  calls: (orders) => {
    const call = asyncMap(async ({ item }: Order) => `call ${item}`);
    return orders.pipe("calls", call);
  },
  windows: (orders) =>
    orders
      .keyBy(({ item }) => item)
      .window("windows", tumbling(`${WINDOW_MS}ms`))
      .aggregate(total)
      .map(({ key, window, value }) => `window ${key}@${window.start}: ${value}`),
  sessions: (orders) =>
    orders
      .keyBy(({ customer }) => customer)
      .window("sessions", session(`${GAP_MS}ms`))
      .aggregate(total)
      .map(({ key, window, value }) => `session ${key}@${window.start}-${window.end}: ${value}`),
  counts: (orders) =>
    orders
      .map(({ item }) => ({ item, count: 1 }))
      .keyBy(({ item }) => item)
      .reduce("counts", (one, other) => ({ item: one.item, count: one.count + other.count }))
      .map(({ item, count }) => `count ${item}: ${count}`),
};

/**
 * A job with every kind of state: each kind of a process, with keys and without, timers of both clocks, windows, sessions, a
 * running reduce, calls. Its rows and, when all orders are read, its state do not depend on who reads what first.
 *
 * @example
 * ```ts
 * import { memory } from "@tidemark/backend-memory";
 * import { run } from "@tidemark/core";
 * import { everyStateJob, everyStateRows, rowsSink } from "@tidemark/core/testing";
 *
 * const out = rowsSink();
 * await run(everyStateJob(out, { count: 5 }), { backend: memory(), durable: false }).finished;
 * console.log(out.rows().length === everyStateRows(5).length);
 * // prints true
 * ```
 */
export function everyStateJob({ sink }: RowsSink, options: OrdersOptions = {}): Pipeline {
  const job = pipeline("every state", { guarantee: "exactly-once" });
  const orders = job.source("orders", ordersSource(options), { eventTime: ({ at }) => at, outOfOrder: "50ms" });
  for (const [name, step] of Object.entries(STEPS)) step(orders).sink(`${name}-out`, sink);
  return job;
}
