/** A job with every kind of state, timers of both clocks, two keyed branches, windows and two sinks. */
import {
  emits,
  mapState,
  type Pipeline,
  pipeline,
  run,
  type RunOptions,
  type StateBackend,
  valueState,
} from "@tidemark/core";
import { openCheckpoint, type Snapshot } from "@tidemark/core/savepoints";
import { frozenEnv } from "@tidemark/core/testing";
import { tumbling } from "@tidemark/core/windows";

import { type LedgerSink, ledgerSink } from "../runtime/ledger-sink.ts";
import { memory } from "../runtime/memory.ts";
import { type PacedOptions, pacedSource } from "../runtime/paced-source.ts";

/** A record of the job. */
export interface Order {
  readonly customer: string;
  readonly item: string;
  readonly amount: number;
  readonly at: number;
}

const SPLITS = 4;
const ORDERS = 30;

const splits: readonly (readonly Order[])[] = Array.from({ length: SPLITS }, (_, split) =>
  Array.from({ length: ORDERS }, (_order, index) => ({
    customer: `c${split}-${(index * 7) % 5}`,
    item: `i${(index * 3 + split) % 4}`,
    amount: 1 + ((index * 5 + split) % 9),
    at: 10_000 + index * 20 + ((index * 13) % 30),
  })),
);

/** How many records it reads. */
export const shopRecords: number = SPLITS * ORDERS;

/** Far beyond every test: such a timer stays. */
const NEVER_MS = 1e12;

/** Ids that a new version of the job may give to its steps. */
export interface ShopIds {
  readonly customers?: string;
  readonly items?: string;
  /** A step that the old version did not have. */
  readonly extra?: string;
}

/** The ledgers of a {@link shopJob}. */
export interface ShopSinks {
  readonly out: LedgerSink<string>;
  readonly windows: LedgerSink<string>;
}

export function shopSinks(): ShopSinks {
  return { out: ledgerSink(), windows: ledgerSink() };
}

/** Everything committed, in any order. */
export function shopRows({ out, windows }: ShopSinks): readonly string[] {
  return [...out.rows, ...windows.rows].toSorted();
}

/** How the records come. */
export interface ShopSource extends PacedOptions<Order> {
  /** How many records of each split there are. Default: all. */
  readonly ends?: readonly number[];
}

export function shopJob(sinks: ShopSinks, ids: ShopIds = {}, { ends, ...source }: ShopSource = {}): Pipeline {
  const job = pipeline("shop");
  const there = splits.map((orders, split) => orders.slice(0, ends?.[split] ?? orders.length));
  const orders = job.source("orders", pacedSource(there, source), { eventTime: ({ at }) => at, outOfOrder: "50ms" });
  orders
    .keyBy(({ customer }) => customer)
    .process(ids.customers ?? "customers", {
      state: { spent: valueState(0), items: mapState<readonly [number, string], number>() },
      emits: emits<string>(),
      onRecord: ({ item, amount, at }, context) => {
        const { spent, items } = context.state;
        spent.update(spent.get() + amount);
        const slot = Math.ceil(at / 200) * 200;
        items.set([slot, item], (items.get([slot, item]) ?? 0) + 1);
        context.setEventTimer(slot);
        context.setProcessingTimer(NEVER_MS + amount);
        context.emit(`${context.key} spent ${spent.get()}`);
      },
      // What belongs to later slots stays: other splits may be ahead of the slowest one.
      onTimer: (time, context) => {
        const { items } = context.state;
        const bought = [...items.entries()].filter(([[slot]]) => slot === time);
        for (const [place] of bought) items.delete(place);
        const texts = bought.map(([[, item], count]) => `${item}x${count}`).toSorted();
        context.emit(`${context.key} at ${time}: ${texts.join(" ")}`);
      },
    })
    .sink("out", sinks.out.sink);
  const items = orders.keyBy(({ item }) => item);
  items
    .window(ids.items ?? "items", tumbling("100ms"))
    .aggregate({
      create: () => ({ sum: 0 }),
      add: (sum: { sum: number }, { amount }: Order) => ({ sum: sum.sum + amount }),
      result: ({ sum }) => sum,
    })
    .map(({ key, window, value }) => `${key} ${window.start}: ${value}`)
    .sink("windows", sinks.windows.sink);
  const sums = orders
    .map(({ item, amount }) => ({ item, amount }))
    .keyBy(({ item }) => item.length)
    .reduce("all", (one, other) => ({ item: one.item, amount: one.amount + other.amount }));
  const kept = sums.filter(({ amount }) => amount < 0);
  if (ids.extra === undefined) kept.map(String).sink("none", sinks.out.sink);
  else {
    kept
      .keyBy(({ item }) => item)
      .reduce(ids.extra, (one) => one)
      .map(String)
      .sink("none", sinks.out.sink);
  }
  return job;
}

/** What runs of the tests have in common: a clock that stands still, and checkpoints as often as can be. */
export function shopOptions(backend: StateBackend, options: Partial<RunOptions> = {}): RunOptions {
  return { backend, env: frozenEnv().env, checkpoint: { interval: "6ms" }, restart: { attempts: 0 }, ...options };
}

/** A backend with a checkpoint of the job after so many records. */
export async function stoppedShop(records: number, parallelism: number = 2): Promise<StateBackend> {
  const backend = memory();
  await run(shopJob(shopSinks()), shopOptions(backend, { parallelism, until: { records } })).finished;
  return backend;
}

/** Opens its newest checkpoint. */
export function openShop(backend: StateBackend): Promise<Snapshot> {
  return openCheckpoint(backend, { job: "shop", env: frozenEnv().env });
}

/** What the job commits when nothing happens to it. */
export async function uninterrupted(ends?: readonly number[]): Promise<readonly string[]> {
  const sinks = shopSinks();
  await run(shopJob(sinks, {}, ends === undefined ? {} : { ends }), shopOptions(memory())).finished;
  return shopRows(sinks);
}

/** All of a stream of slices. */
export async function all<T>(slices: AsyncIterable<readonly T[]>): Promise<readonly T[]> {
  const found: T[] = [];
  for await (const slice of slices) found.push(...slice);
  return found;
}
