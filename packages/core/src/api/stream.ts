import type { AnySink, SinkDelivery } from "../connect/sink.ts";
import type { AggregateFunction } from "../state/aggregate-function.ts";
import type { BroadcastProcessPlan } from "../operators/broadcast-process.ts";
import type { ConnectedProcess } from "../operators/connected-process.ts";
import type { Join, LeftMeets, Matching, RightMeets } from "../operators/joins/join.ts";
import type { KeyedBroadcastProcessPlan } from "../operators/keyed-broadcast-process.ts";
import type { KeyedProcess } from "../operators/process.ts";
import type { SubtaskProcessPlan } from "../operators/subtask-process.ts";
import type { SideOutput } from "../operators/side-output.ts";
import type { WindowAssigner, WindowResult } from "../operators/windows/assigner.ts";
import type { WindowProcess } from "../operators/windows/window-process.ts";
import type { StateDescriptors } from "../state/descriptors.ts";
import type { Key } from "../state/key-codec.ts";
import type { TimeWindow } from "../time/windows.ts";
import type { Guarantee, Misuse, SinkFits } from "./guarantee.ts";
import type {
  JoinNeedsId,
  PipeNeedsId,
  ProcessNeedsId,
  ReduceNeedsId,
  SinkNeedsId,
  WindowNeedsId,
} from "./id-missing.ts";
import type { KeysFit } from "./keys-fit.ts";
import type {
  AtomicStepOptions,
  JoinOptions,
  KeyOptions,
  PartitionOptions,
  SinkOptions,
  WindowOptions,
} from "./step-options.ts";

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
  map<R>(transform: (value: T) => R, options?: AtomicStepOptions<T>): Stream<R, G>;
  /** Keeps the records that pass; a type guard narrows the stream. */
  filter<S extends T>(passes: (value: T) => value is S, options?: AtomicStepOptions<T>): Stream<S, G>;
  /** Keeps the records that pass. */
  filter(passes: (value: T) => boolean, options?: AtomicStepOptions<T>): Stream<T, G>;
  /** Turns each record into any number of records; the iterable is consumed a slice at a time. */
  flatMap<R>(expand: (value: T) => Iterable<R>, options?: AtomicStepOptions<T>): Stream<R, G>;
  /**
   * Groups records by key: all records of one key meet in one subtask, in the order of their channel.
   *
   * @param key gives the same key for the same record every time: a string, a finite number, a bigint, a boolean, bytes, a
   * Date, null, or a tuple of these.
   */
  keyBy<const K extends Key>(key: (value: T) => K, options?: KeyOptions): KeyedStream<K, T, G>;
  /** Windows are cut for each key: `keyBy` comes first. */
  window(
    ...misuse: readonly Misuse<"This stream has no keys, and windows are cut for each key. Put keyBy(...) before window(...).">[]
  ): never;
  /**
   * Runs a process that keeps state by subtask, made by `subtaskProcess` of `@tidemark/core/state`.
   *
   * @param id names the state for ever.
   */
  process<R>(
    id: string | Misuse<ProcessNeedsId>,
    process: SubtaskProcessPlan<T, R>,
    options?: AtomicStepOptions<T>,
  ): Stream<R, G>;
  /** What the compiler says where the id is missing. */
  process(misuse: string & Misuse<ProcessNeedsId>): Stream<never, G>;
  /** This stream and others as one, in no particular order among them. */
  union(...others: readonly Stream<T, G>[]): Stream<T, G>;
  /** Deals records out evenly over the subtasks of the next step. */
  rebalance(): Stream<T, G>;
  /**
   * Deals records out by a function of your own. Records that it sends to the same subtask stay in the order of their
   * channel. It is called for each record where the next step has more than one subtask, again after a restart, and with
   * another number of subtasks after a rescale: it must be a function of its arguments alone. Nothing keyed can follow without
   * `keyBy`, which deals out anew.
   *
   * @param choose gives the number of the subtask, from 0 to `subtasks - 1`; anything else, or what it throws, fails the job
   *   with USER_CODE, unless there is an output for such records. With one it is asked wherever the stream goes on, before
   *   records are dealt out.
   */
  partition(choose: (value: T, subtasks: number) => number, options?: PartitionOptions<T>): Stream<T, G>;
  /** Gives every record to every subtask of the next step. */
  broadcast(): BroadcastStream<T, G>;
  /** This stream and a broadcast one, for a step that reads both: a `broadcastProcess` of `@tidemark/core/state`. */
  connect<B>(other: BroadcastStream<B, G>): BroadcastConnectedStreams<T, B, G>;
  /**
   * Goes on with a step, or a whole part of a pipeline, that is a plain function of this stream. Every id given inside has
   * `id` and a slash before it, so that the same function can be used more than once: `"eu/total"`, `"us/total"`.
   *
   * @param id names what is inside for ever.
   * @param op adds steps to the stream it is given and returns what comes out: a stream, an object of several, anything.
   * @param rest is handed on to `op`, other streams for instance.
   * @returns what `op` returns.
   *
   * @example
   * ```ts
   * import { pipeline, type Stream } from "@tidemark/core";
   * import { fromArray } from "@tidemark/connectors/iterable";
   *
   * const largest = (numbers: Stream<number>, from: number) =>
   *   numbers
   *     .filter((n) => n >= from)
   *     .keyBy((n) => n % 10)
   *     .reduce("largest", (most, n) => Math.max(most, n));
   *
   * const numbers = pipeline("digits").source("numbers", fromArray([3, 14, 15, 92]));
   * numbers.pipe("all", largest, 0);
   * numbers.pipe("large", largest, 10);
   * ```
   */
  pipe<R, const A extends readonly unknown[] = []>(
    id: string | Misuse<PipeNeedsId>,
    op: (stream: this, ...rest: A) => R,
    ...rest: A
  ): R;
  /** What the compiler says where the id is missing. */
  pipe(misuse: string & Misuse<PipeNeedsId>): Stream<never, G>;
  /** What the step before emits into a side output. */
  sideOutput<S>(tag: SideOutput<S>): Stream<S, G>;
  /**
   * Writes the stream to a sink.
   *
   * @param id names the sink's commits for ever.
   */
  sink(
    id: string | Misuse<SinkNeedsId>,
    sink: AnySink<T>,
    options: SinkOptions & { readonly delivery: "at-least-once" },
  ): void;
  /** Writes the stream to a sink that promises as much as the pipeline, or more. */
  sink<D extends SinkDelivery>(
    id: string | Misuse<SinkNeedsId>,
    sink: AnySink<T, D> & SinkFits<G, D>,
    options?: SinkOptions,
  ): void;
  /** What the compiler says where the id is missing. */
  sink(misuse: string & Misuse<SinkNeedsId>): void;
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
  reduce(
    id: string | Misuse<ReduceNeedsId>,
    combine: (result: T, value: T) => T,
    options?: AtomicStepOptions<T>,
  ): Stream<T, G>;
  /** What the compiler says where the id is missing. */
  reduce(misuse: string & Misuse<ReduceNeedsId>): Stream<T, G>;
  /**
   * Runs a keyed process: typed state, timers, any number of results.
   *
   * @param id names the state for ever.
   */
  process<R, S extends StateDescriptors = Record<never, never>>(
    id: string | Misuse<ProcessNeedsId>,
    process: KeyedProcess<T, K, S, R>,
    options?: AtomicStepOptions<T>,
  ): Stream<R, G>;
  /** What the compiler says where the id is missing. */
  process(misuse: string & Misuse<ProcessNeedsId>): Stream<never, G>;
  /** This stream and a broadcast one, for a step that reads both: a `keyedBroadcastProcess` of `@tidemark/core/state`. */
  connect<B>(other: BroadcastStream<B, G>): KeyedBroadcastConnectedStreams<K, T, B, G>;
  /**
   * This stream and another one with keys of the same type, for a step that reads both: records of the same key meet there.
   */
  connect<Other, R>(other: KeyedStream<Other, R, G> & KeysFit<K, Other>): ConnectedStreams<K | Other, T, R, G>;
  /**
   * Joins this stream, the left one, with another one with keys of the same type. Kinds of joins come from
   * `@tidemark/core/joins`.
   *
   * @param id names the state for ever.
   * @param combine makes a result of what meets. It must not change what it is given: that is state.
   */
  join<Other, R, O, M extends Matching, W extends TimeWindow | undefined>(
    id: string | Misuse<JoinNeedsId>,
    other: KeyedStream<Other, R, G> & KeysFit<K, Other>,
    join: Join<M, W, T | NoInfer<R>, NoInfer<R>>,
    combine: (left: LeftMeets<T>[M], right: RightMeets<R>[M], key: K | Other, window: W) => O,
    options?: JoinOptions<T, R>,
  ): Stream<O, G>;
  /** What the compiler says where the id is missing. */
  join(misuse: string & Misuse<JoinNeedsId>, join: unknown, combine: unknown): Stream<never, G>;
  /**
   * Puts the records of each key into windows. Kinds of windows come from `@tidemark/core/windows`.
   *
   * @param id names the state for ever.
   */
  window(
    id: string | Misuse<WindowNeedsId>,
    assigner: WindowAssigner<T>,
    options?: WindowOptions<T>,
  ): WindowedStream<K, T, G>;
  /** What the compiler says where the id is missing. */
  window(misuse: string & Misuse<WindowNeedsId>): WindowedStream<K, T, G>;
  /**
   * Goes on with a part of a pipeline that is a plain function of this stream, as {@link Stream.pipe} does.
   *
   * @param id names what is inside for ever.
   */
  pipe<R, const A extends readonly unknown[] = []>(
    id: string | Misuse<PipeNeedsId>,
    op: (stream: this, ...rest: A) => R,
    ...rest: A
  ): R;
  /** What the compiler says where the id is missing. */
  pipe(misuse: string & Misuse<PipeNeedsId>): Stream<never, G>;
}

/**
 * Two streams with the same keys, on their way into one step.
 *
 * @typeParam K the key. @typeParam L the records of the left stream. @typeParam R those of the right one.
 * @typeParam G the pipeline's guarantee.
 */
export interface ConnectedStreams<K, L, R, G extends Guarantee = Guarantee> {
  /**
   * Runs a process over both streams: state and timers of a key are shared by them.
   *
   * @param id names the state for ever.
   *
   * @example
   * ```ts
   * import { emits, pipeline, valueState } from "@tidemark/core";
   * import { fromArray } from "@tidemark/connectors/iterable";
   *
   * const job = pipeline("alarms");
   * const switches = job.source("switches", fromArray([{ room: "attic", on: true }]));
   * const readings = job.source("readings", fromArray([{ room: "attic", celsius: 41 }]));
   * switches
   *   .keyBy(({ room }) => room)
   *   .connect(readings.keyBy(({ room }) => room))
   *   .process("alarms", {
   *     state: { on: valueState(false) },
   *     emits: emits<string>(),
   *     onLeft: ({ on }, { state }) => state.on.update(on),
   *     onRight({ room, celsius }, context) {
   *       if (context.state.on.get() && celsius > 40) context.emit(`${room} is hot`);
   *     },
   *   });
   * ```
   */
  process<O, S extends StateDescriptors = None>(
    id: string | Misuse<ProcessNeedsId>,
    process: ConnectedProcess<L, R, K, S, O>,
    options?: AtomicStepOptions<L | R>,
  ): Stream<O, G>;
  /** What the compiler says where the id is missing. */
  process(misuse: string & Misuse<ProcessNeedsId>): Stream<never, G>;
}

/**
 * A stream of which every subtask of the next step gets every record.
 *
 * @typeParam T the records. @typeParam G the pipeline's guarantee.
 */
export interface BroadcastStream<T, G extends Guarantee = Guarantee> extends Stream<T, G> {
  /** Tells it from a stream that is dealt out. */
  readonly isBroadcast: true;
}

/**
 * A stream and a broadcast one, on their way into one step.
 *
 * @typeParam T the records. @typeParam B those of the broadcast stream. @typeParam G the pipeline's guarantee.
 */
export interface BroadcastConnectedStreams<T, B, G extends Guarantee = Guarantee> {
  /**
   * Runs a process over both streams, made by `broadcastProcess` of `@tidemark/core/state`.
   *
   * @param id names the state for ever.
   */
  process<R>(
    id: string | Misuse<ProcessNeedsId>,
    process: BroadcastProcessPlan<T, B, R>,
    options?: AtomicStepOptions<T | B>,
  ): Stream<R, G>;
  /** What the compiler says where the id is missing. */
  process(misuse: string & Misuse<ProcessNeedsId>): Stream<never, G>;
}

/**
 * A stream with keys and a broadcast one, on their way into one step.
 *
 * @typeParam K the key. @typeParam T the records. @typeParam B those of the broadcast stream.
 * @typeParam G the pipeline's guarantee.
 */
export interface KeyedBroadcastConnectedStreams<K, T, B, G extends Guarantee = Guarantee> {
  /**
   * Runs a process over both streams, made by `keyedBroadcastProcess` of `@tidemark/core/state`.
   *
   * @param id names the state for ever.
   */
  process<R>(
    id: string | Misuse<ProcessNeedsId>,
    process: KeyedBroadcastProcessPlan<K, T, B, R>,
    options?: AtomicStepOptions<T | B>,
  ): Stream<R, G>;
  /** What the compiler says where the id is missing. */
  process(misuse: string & Misuse<ProcessNeedsId>): Stream<never, G>;
}

/** No state. */
type None = Record<never, never>;

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
  /** Aggregates the records of each key and window, and hands the result to a process when the window is fired. */
  aggregate<A, V, R, S extends StateDescriptors = None, W extends StateDescriptors = None>(
    aggregate: AggregateFunction<T, A, V>,
    process: WindowProcess<V, K, R, S, W>,
  ): Stream<R, G>;
  /** What the compiler says to an aggregate of other records. */
  aggregate<V, A, R>(aggregate: AggregateFunction<V, A, R> & OtherRecords): never;
  /** Combines the records of each key and window: the first is the first result. `combine` must not change its arguments. */
  reduce(combine: (result: T, value: T) => T): Stream<WindowResult<K, T>, G>;
  /** Combines the records of each key and window, and hands the result to a process when the window is fired. */
  reduce<R, S extends StateDescriptors = None, W extends StateDescriptors = None>(
    combine: (result: T, value: T) => T,
    process: WindowProcess<T, K, R, S, W>,
  ): Stream<R, G>;
  /**
   * Hands all records of each key and window to a process when the window is fired, in the order in which they came. An
   * aggregate keeps less: prefer it where one will do.
   */
  process<R, S extends StateDescriptors = None, W extends StateDescriptors = None>(
    process: WindowProcess<readonly T[], K, R, S, W>,
  ): Stream<R, G>;
}
