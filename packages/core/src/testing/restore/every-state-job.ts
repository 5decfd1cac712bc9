import { pipeline, type Pipeline } from "../../api/pipeline.ts";
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
import { ORDER_SPLITS, type Order, ordersOf } from "./orders.ts";
import { type OrdersOptions, ordersSource } from "./orders-source.ts";
import type { RowsSink } from "./rows-sink.ts";

/** After every order, so that it fires at the end of the input. */
const LAST_MS = 1_000_000;
/** After every test: such a timer stays. */
const NEVER_MS = 8e12;
const WINDOW_MS = 100;
const GAP_MS = 70;

const total = {
  create: () => ({ sum: 0 }),
  add: (all: { sum: number }, { item }: Order) => {
    all.sum += item;
    return all;
  },
  merge: (one: { sum: number }, other: { sum: number }) => ({ sum: one.sum + other.sum }),
  result: ({ sum }: { sum: number }) => sum,
};

/**
 * A job with every kind of state: each kind of a process, with keys and without, timers of both clocks, windows, sessions, a
 * running reduce, calls. Its rows and, when all orders are read, its state do not depend on who reads what first.
 */
export function everyStateJob({ sink }: RowsSink, options: OrdersOptions = {}): Pipeline {
  const job = pipeline("every state");
  const orders = job.source("orders", ordersSource(options), { eventTime: ({ at }) => at, outOfOrder: "50ms" });
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
    })
    .sink("kinds-out", sink);
  orders
    .rebalance()
    .process(
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
    )
    .sink("lists-out", sink);
  orders
    .broadcast()
    .process(
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
    )
    .sink("copies-out", sink);
  orders
    .pipe(
      "calls",
      asyncMap(async ({ item }: Order) => `call ${item}`),
    )
    .sink("calls-out", sink);
  orders
    .keyBy(({ item }) => item)
    .window("windows", tumbling(`${WINDOW_MS}ms`))
    .aggregate(total)
    .map(({ key, window, value }) => `window ${key}@${window.start}: ${value}`)
    .sink("windows-out", sink);
  orders
    .keyBy(({ customer }) => customer)
    .window("sessions", session(`${GAP_MS}ms`))
    .aggregate(total)
    .map(({ key, window, value }) => `session ${key}@${window.start}-${window.end}: ${value}`)
    .sink("sessions-out", sink);
  orders
    .map(({ item }) => ({ item, count: 1 }))
    .keyBy(({ item }) => item)
    .reduce("counts", (one, other) => ({ item: one.item, count: one.count + other.count }))
    .map(({ item, count }) => `count ${item}: ${count}`)
    .sink("counts-out", sink);
  return job;
}

/** The oracle: plain loops over all orders. The rows of {@link everyStateJob} at its end, in order. */
export function everyStateRows(count: number = 30): readonly string[] {
  const orders = Array.from({ length: ORDER_SPLITS }, (_, split) => ordersOf(split, count)).flat();
  const rows = [kindRows, listRows, copyRows, windowRows, sessionRows, countRows].flatMap((of) => of(orders));
  return rows.toSorted();
}

function grouped<K, T>(all: readonly T[], keyOf: (one: T) => K): ReadonlyMap<K, readonly T[]> {
  const groups = new Map<K, T[]>();
  for (const one of all) {
    const group = groups.get(keyOf(one));
    if (group === undefined) groups.set(keyOf(one), [one]);
    else group.push(one);
  }
  return groups;
}

const sumOf = (orders: readonly Order[]): number => orders.reduce((sum, { item }) => sum + item, 0);

function kindRows(orders: readonly Order[]): readonly string[] {
  return [...grouped(orders, ({ customer }) => customer)].map(([customer, own]) => {
    const sum = sumOf(own);
    const list = own.map(({ item }) => item).join(" ");
    const map = [...grouped(own, ({ item }) => item)].toSorted(([a], [b]) => a - b);
    const counts = map.map(([item, same]) => `${item}x${same.length}`).join(" ");
    return `kinds ${customer}: ${sum} ${sum} ${sum} ${sum} [${list}] ${counts}`;
  });
}

function listRows(orders: readonly Order[]): readonly string[] {
  return orders.flatMap(({ item }) => [`split ${item}`, `union ${item}`, `call ${item}`]);
}

function copyRows(orders: readonly Order[]): readonly string[] {
  return [...new Set(orders.map(({ item }) => item))].map((item) => `copy ${item}: item ${item}`);
}

function windowRows(orders: readonly Order[]): readonly string[] {
  const windows = grouped(orders, ({ item, at }) => `${item}@${Math.floor(at / WINDOW_MS) * WINDOW_MS}`);
  return [...windows].map(([name, own]) => `window ${name}: ${sumOf(own)}`);
}

function sessionRows(orders: readonly Order[]): readonly string[] {
  return [...grouped(orders, ({ customer }) => customer)].flatMap(([customer, own]) => {
    const sessions: Order[][] = [];
    for (const order of own.toSorted((a, b) => a.at - b.at)) {
      const last = sessions.at(-1)?.at(-1);
      if (last !== undefined && order.at <= last.at + GAP_MS) sessions.at(-1)?.push(order);
      else sessions.push([order]);
    }
    return sessions.map((of) => {
      const [first, last] = [of[0] as Order, of.at(-1) as Order];
      return `session ${customer}@${first.at}-${last.at + GAP_MS}: ${sumOf(of)}`;
    });
  });
}

function countRows(orders: readonly Order[]): readonly string[] {
  return [...grouped(orders, ({ item }) => item)].flatMap(([item, same]) =>
    same.map((_, index) => `count ${item}: ${index + 1}`),
  );
}
