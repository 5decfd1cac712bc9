import type { WindowResult } from "../../operators/windows/assigner.ts";
import type { WindowProcessPlan } from "../../operators/windows/make-window-process.ts";
import type { AggregateFunction } from "../../state/aggregate-function.ts";
import type { Guarantee, Misuse } from "../guarantee.ts";
import type { NothingYet } from "../out-of-place.ts";
import type { Stream } from "./stream.ts";

/** What the compiler says to a function that makes an aggregate. */
type NotCalled = ((...given: never) => unknown) &
  Misuse<"This is the function that makes an aggregate. Call it: aggregate(count()), aggregate(sum((sale) => sale.price)).">;

/** What the compiler says to an aggregate of other records. */
type OtherRecords =
  Misuse<"This aggregate is made for other records than this stream has. Compare the type of its add(accumulator, value) with the stream's.">;

/**
 * A keyed stream cut into windows.
 *
 * @typeParam K the key. @typeParam T the records. @typeParam G the pipeline's guarantee.
 */
export interface WindowedStream<K, T, G extends Guarantee = Guarantee> {
  /**
   * Aggregates the records of each key and window.
   *
   * @example
   * ```ts
   * import { pipeline } from "@tidemark/core";
   * import { sum } from "@tidemark/core/aggregates";
   * import { tumbling } from "@tidemark/core/windows";
   * import { fromArray } from "@tidemark/connectors/iterable";
   *
   * const sales = [{ shop: "north", at: 0, price: 3 }];
   * pipeline("totals")
   *   .source("sales", fromArray(sales), { eventTime: (sale) => sale.at })
   *   .keyBy((sale) => sale.shop)
   *   .window("hourly", tumbling("1h"))
   *   .aggregate(sum((sale) => sale.price));
   * ```
   */
  aggregate<A, R>(aggregate: AggregateFunction<T, A, R>): Stream<WindowResult<K, R>, G>;
  /**
   * Aggregates the records of each key and window, and hands the result to a process when the window is fired.
   *
   * @example
   * ```ts
   * import { collect } from "@tidemark/backend-memory";
   * import { fromArray } from "@tidemark/connectors/iterable";
   * import { pipeline, valueState } from "@tidemark/core";
   * import { sum } from "@tidemark/core/aggregates";
   * import { tumbling, windowProcess } from "@tidemark/core/windows";
   *
   * const sales = [{ shop: "north", at: 0, cents: 3 }, { shop: "north", at: 5, cents: 4 }];
   * const windows = pipeline("sales")
   *   .source("sales", fromArray(sales), { eventTime: (sale) => sale.at })
   *   .keyBy((sale) => sale.shop)
   *   .window("hourly", tumbling("1h"));
   * const risen = windows.aggregate(
   *   sum((sale) => sale.cents),
   *   windowProcess({
   *     globalState: { before: valueState(0) },
   *     onWindow(cents, { key, globalState: { before } }) {
   *       const more = cents - before.get();
   *       before.update(cents);
   *       return more > 0 ? [`${key} sold ${more} more`] : [];
   *     },
   *   }),
   * );
   * console.log(await collect(risen));
   * // prints ["north sold 7 more"]
   * ```
   */
  aggregate<A, V, R>(aggregate: AggregateFunction<T, A, V>, process: WindowProcessPlan<V, K, R>): Stream<R, G>;
  /** What the compiler says to an aggregate of other records, and to what only makes one. */
  aggregate<V, A, R>(aggregate: (AggregateFunction<V, A, R> & OtherRecords) | NotCalled): never;
  /**
   * Combines the records of each key and window: the first is the first result. `combine` must not change its arguments.
   *
   * @example
   * ```ts
   * import { collect } from "@tidemark/backend-memory";
   * import { fromArray } from "@tidemark/connectors/iterable";
   * import { pipeline } from "@tidemark/core";
   * import { tumbling } from "@tidemark/core/windows";
   *
   * const sales = [{ shop: "north", at: 0, cents: 3 }, { shop: "north", at: 5, cents: 4 }];
   * const windows = pipeline("sales")
   *   .source("sales", fromArray(sales), { eventTime: (sale) => sale.at })
   *   .keyBy((sale) => sale.shop)
   *   .window("hourly", tumbling("1h"));
   * const dearest = windows.reduce((most, sale) => (sale.cents > most.cents ? sale : most));
   * for (const { key, value } of await collect(dearest)) console.log(key, value.cents);
   * // prints north 4
   * ```
   */
  reduce(combine: (result: T, value: T) => T): Stream<WindowResult<K, T>, G>;
  /**
   * Combines the records of each key and window, and hands the result to a process when the window is fired.
   *
   * @example
   * ```ts
   * import { collect } from "@tidemark/backend-memory";
   * import { fromArray } from "@tidemark/connectors/iterable";
   * import { pipeline } from "@tidemark/core";
   * import { tumbling, windowProcess } from "@tidemark/core/windows";
   *
   * const sales = [{ shop: "north", at: 0, cents: 3 }, { shop: "north", at: 5, cents: 4 }];
   * const windows = pipeline("sales")
   *   .source("sales", fromArray(sales), { eventTime: (sale) => sale.at })
   *   .keyBy((sale) => sale.shop)
   *   .window("hourly", tumbling("1h"));
   * const dearest = windows.reduce(
   *   (most, sale) => (sale.cents > most.cents ? sale : most),
   *   windowProcess({ onWindow: (sale, { key, window }) => [`${key} from ${window.start}: ${sale.cents}`] }),
   * );
   * console.log(await collect(dearest));
   * // prints ["north from 0: 4"]
   * ```
   */
  reduce<R>(combine: (result: T, value: T) => T, process: WindowProcessPlan<T, K, R>): Stream<R, G>;
  /**
   * Hands all records of each key and window to a process when the window is fired, in the order in which they came. An
   * aggregate keeps less: prefer it where one will do.
   *
   * @example
   * ```ts
   * import { collect } from "@tidemark/backend-memory";
   * import { fromArray } from "@tidemark/connectors/iterable";
   * import { pipeline } from "@tidemark/core";
   * import { tumbling, windowProcess } from "@tidemark/core/windows";
   *
   * const sales = [{ shop: "north", at: 0, cents: 3 }, { shop: "north", at: 5, cents: 4 }];
   * const windows = pipeline("sales")
   *   .source("sales", fromArray(sales), { eventTime: (sale) => sale.at })
   *   .keyBy((sale) => sale.shop)
   *   .window("hourly", tumbling("1h"));
   * const medians = windows.process(
   *   windowProcess({
   *     onWindow(all, { key }) {
   *       const cents = all.map((sale) => sale.cents).toSorted((one, other) => one - other);
   *       return [`${key}: ${cents[Math.floor(cents.length / 2)]}`];
   *     },
   *   }),
   * );
   * console.log(await collect(medians));
   * // prints ["north: 4"]
   * ```
   */
  process<R>(
    process:
      | WindowProcessPlan<readonly T[], K, R>
      | Misuse<"Make it by windowProcess({ onWindow }), from @tidemark/core/windows.">,
  ): Stream<R, G>;
  /** Not before it is said what becomes of the records of a window. */
  map(...misuse: readonly Misuse<NothingYet>[]): never;
  /** Not before it is said what becomes of the records of a window. */
  filter(...misuse: readonly Misuse<NothingYet>[]): never;
  /** Not before it is said what becomes of the records of a window. */
  flatMap(...misuse: readonly Misuse<NothingYet>[]): never;
  /** Not before it is said what becomes of the records of a window. */
  keyBy(...misuse: readonly Misuse<NothingYet>[]): never;
  /** Not before it is said what becomes of the records of a window. */
  sideOutput(...misuse: readonly Misuse<NothingYet>[]): never;
  /** Not before it is said what becomes of the records of a window. */
  sink(...misuse: readonly Misuse<NothingYet>[]): never;
}
