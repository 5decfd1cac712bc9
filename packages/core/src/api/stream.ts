import type { AnySink, SinkDelivery } from "../connect/sink.ts";
import type { KeyedProcess } from "../operators/process.ts";
import type { SideOutput } from "../operators/side-output.ts";
import type { AggregateFunction, WindowResult } from "../operators/window-aggregate.ts";
import type { StateDescriptors } from "../state/descriptors.ts";
import type { Key } from "../state/key-codec.ts";
import type { WindowAssigner } from "../time/windows.ts";
import type { Guarantee, SinkFits } from "./guarantee.ts";

/** What every step can be given. */
export interface StepOptions {
  /** How many subtasks run it side by side. Default: the `parallelism` of the run. */
  readonly parallelism?: number;
}

/** What a sink can be given. */
export interface SinkOptions extends StepOptions {
  /** Accepts a sink that promises less than the pipeline: `"at-least-once"` in an exactly-once one. */
  readonly delivery?: SinkDelivery;
}

/** What a window can be given. */
export interface WindowOptions<T> extends StepOptions {
  /** Where records go that come after their window was fired. Without it they are dropped and counted. */
  readonly lateOutput?: SideOutput<T>;
}

/**
 * A stream of records.
 *
 * @typeParam T the records. @typeParam G the pipeline's guarantee.
 */
export interface Stream<T, G extends Guarantee = Guarantee> {
  /**
   * Turns each record into another one.
   *
   * @example
   * ```ts
   * import { pipeline } from "@tidemark/core";
   * import { fromArray } from "@tidemark/connectors/iterable";
   *
   * pipeline("double").source("numbers", fromArray([1, 2, 3])).map((n) => n * 2);
   * ```
   */
  map<R>(transform: (value: T) => R, options?: StepOptions): Stream<R, G>;
  /** Keeps the records that pass; a type guard narrows the stream. */
  filter<S extends T>(passes: (value: T) => value is S, options?: StepOptions): Stream<S, G>;
  filter(passes: (value: T) => boolean, options?: StepOptions): Stream<T, G>;
  /** Turns each record into any number of records; the iterable is consumed a slice at a time. */
  flatMap<R>(expand: (value: T) => Iterable<R>, options?: StepOptions): Stream<R, G>;
  /**
   * Groups records by key: all records of one key meet in one subtask, in the order of their channel.
   *
   * @param key gives the same key for the same record every time: a string, a finite number, a bigint, a boolean, bytes, a
   * Date, null, or a tuple of these.
   */
  keyBy<const K extends Key>(key: (value: T) => K): KeyedStream<K, T, G>;
  /** This stream and others as one, in no particular order among them. */
  union(...others: readonly Stream<T, G>[]): Stream<T, G>;
  /** Deals records out evenly over the subtasks of the next step. */
  rebalance(): Stream<T, G>;
  /** Gives every record to every subtask of the next step. */
  broadcast(): Stream<T, G>;
  /** What the step before emits into a side output. */
  sideOutput<S>(tag: SideOutput<S>): Stream<S, G>;
  /**
   * Writes the stream to a sink.
   *
   * @param id names the sink's commits for ever.
   */
  sink(id: string, sink: AnySink<T>, options: SinkOptions & { readonly delivery: "at-least-once" }): void;
  sink<D extends SinkDelivery>(id: string, sink: AnySink<T, D> & SinkFits<G, D>, options?: SinkOptions): void;
}

/**
 * A stream grouped by key.
 *
 * @typeParam K the key. @typeParam T the records. @typeParam G the pipeline's guarantee.
 */
export interface KeyedStream<K, T, G extends Guarantee = Guarantee> {
  /**
   * Combines each record with the result so far of its key, and emits each new result. The first record of a key is its
   * first result. What is emitted is the state itself: return a new value from `combine`, and change it nowhere.
   *
   * @param id names the state for ever.
   */
  reduce(id: string, combine: (result: T, value: T) => T, options?: StepOptions): Stream<T, G>;
  /**
   * Runs a keyed process: typed state, timers, any number of results.
   *
   * @param id names the state for ever.
   */
  process<R, S extends StateDescriptors = Record<never, never>>(
    id: string,
    process: KeyedProcess<T, K, S, R>,
    options?: StepOptions,
  ): Stream<R, G>;
  /**
   * Puts the records of each key into windows of event time.
   *
   * @param id names the state for ever.
   */
  window(id: string, assigner: WindowAssigner, options?: WindowOptions<T>): WindowedStream<K, T, G>;
}

/**
 * A keyed stream cut into windows.
 *
 * @typeParam K the key. @typeParam T the records. @typeParam G the pipeline's guarantee.
 */
export interface WindowedStream<K, T, G extends Guarantee = Guarantee> {
  /** Aggregates each key and window, and emits the result when the watermark has passed the window. */
  aggregate<A, R>(aggregate: AggregateFunction<T, A, R>): Stream<WindowResult<K, R>, G>;
}
