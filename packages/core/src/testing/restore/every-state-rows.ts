import { GAP_MS, ORDER_SPLITS, type Order, ordersOf, WINDOW_MS } from "./orders.ts";

/**
 * The oracle: plain loops over all orders. The rows of `everyStateJob` at its end, in order.
 *
 * @example
 * ```ts
 * import { memory } from "@tidemark/backend-memory";
 * import { run } from "@tidemark/core";
 * import { everyStateJob, everyStateRows, rowsSink } from "@tidemark/core/testing";
 *
 * const out = rowsSink();
 * await run(everyStateJob(out, { count: 5 }), { backend: memory(), durable: false }).finished;
 * console.log(out.rows().toSorted().join() === everyStateRows(5).toSorted().join());
 * // prints true
 * ```
 */
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
