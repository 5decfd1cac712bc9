import type { AnySink, SinkDelivery } from "../../connect/sink.ts";
import type { SideOutput } from "../../operators/side-output.ts";
import type { SubtaskProcessPlan } from "../../operators/subtask-process.ts";
import type { Key } from "../../state/key-codec.ts";
import type { NoPromise } from "../../misuse.ts";
import type { Guarantee, Misuse, SinkFits } from "../guarantee.ts";
import type { PipeNeedsId, ProcessNeedsId, SinkNeedsId } from "../id-missing.ts";
import type { NeedsWindows } from "../out-of-place.ts";
import type { AtomicStepOptions, KeyOptions, PartitionOptions, SinkOptions } from "../step-options.ts";
import type { BroadcastConnectedStreams } from "./broadcast-connected-streams.ts";
import type { KeyedStream } from "./keyed-stream.ts";

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
  map<R>(transform: (value: T) => R & NoPromise<R>, options?: AtomicStepOptions<T>): Stream<R, G>;
  /**
   * Keeps the records that pass; a type guard narrows the stream.
   *
   * @example
   * ```ts
   * import { collect } from "@tidemark/backend-memory";
   * import { fromArray } from "@tidemark/connectors/iterable";
   * import { pipeline } from "@tidemark/core";
   *
   * const isNumber = (value: string | number): value is number => typeof value === "number";
   * const doubled = pipeline("numbers").source("mixed", fromArray([1, "two", 3])).filter(isNumber).map((n) => n * 2);
   * console.log(await collect(doubled));
   * // prints [2,6]
   * ```
   */
  filter<S extends T>(passes: (value: T) => value is S, options?: AtomicStepOptions<T>): Stream<S, G>;
  /**
   * Keeps the records that pass.
   *
   * @example
   * ```ts
   * import { collect } from "@tidemark/backend-memory";
   * import { fromArray } from "@tidemark/connectors/iterable";
   * import { pipeline } from "@tidemark/core";
   *
   * const even = pipeline("even").source("numbers", fromArray([1, 2, 3, 4])).filter((n) => n % 2 === 0);
   * console.log(await collect(even));
   * // prints [2,4]
   * ```
   */
  filter(passes: (value: T) => boolean, options?: AtomicStepOptions<T>): Stream<T, G>;
  /**
   * Turns each record into any number of records; the iterable is consumed a slice at a time.
   *
   * @example
   * ```ts
   * import { collect } from "@tidemark/backend-memory";
   * import { fromArray } from "@tidemark/connectors/iterable";
   * import { pipeline } from "@tidemark/core";
   *
   * const words = pipeline("words").source("lines", fromArray(["to be", "or not"])).flatMap((line) => line.split(" "));
   * console.log(await collect(words));
   * // prints ["to","be","or","not"]
   * ```
   */
  flatMap<R>(expand: (value: T) => Iterable<R & NoPromise<R>>, options?: AtomicStepOptions<T>): Stream<R, G>;
  /**
   * Groups records by key: all records of one key meet in one subtask, in the order of their channel.
   *
   * @param key gives the same key for the same record every time: a string, a finite number, a bigint, a boolean, bytes, a
   * Date, null, or a tuple of these.
   *
   * @example
   * ```ts
   * import { collect } from "@tidemark/backend-memory";
   * import { fromArray } from "@tidemark/connectors/iterable";
   * import { pipeline } from "@tidemark/core";
   *
   * const sales = [{ shop: "north", cents: 300 }, { shop: "south", cents: 100 }, { shop: "north", cents: 200 }];
   * const dearest = pipeline("dearest")
   *   .source("sales", fromArray(sales))
   *   .keyBy((sale) => sale.shop)
   *   .reduce("dearest", (most, sale) => (sale.cents > most.cents ? sale : most));
   * console.log(await collect(dearest, { lastBy: (sale) => sale.shop }));
   * // prints [{"shop":"north","cents":300},{"shop":"south","cents":100}]
   * ```
   */
  keyBy<const K extends Key>(key: (value: T) => K, options?: KeyOptions): KeyedStream<K, T, G>;
  /** Windows are cut for each key: `keyBy` comes first. */
  window(
    ...misuse: readonly Misuse<"This stream has no keys, and windows are cut for each key. Put keyBy(...) before window(...).">[]
  ): never;
  /** Records are aggregated in windows: `keyBy` and `window` come first. */
  aggregate(...misuse: readonly Misuse<NeedsWindows>[]): never;
  /** Results are kept for each key: `keyBy` comes first. */
  reduce(
    ...misuse: readonly Misuse<"This stream has no keys, and results are kept for each key. Put keyBy(...) before reduce(...).">[]
  ): never;
  /**
   * Runs a process that keeps state by subtask, made by `subtaskProcess` of `@tidemark/core/state`.
   *
   * @param id names the state for ever.
   *
   * @example
   * ```ts
   * import { collect } from "@tidemark/backend-memory";
   * import { fromArray } from "@tidemark/connectors/iterable";
   * import { emits, pipeline } from "@tidemark/core";
   * import { splitListState, subtaskProcess } from "@tidemark/core/state";
   *
   * const inPairs = subtaskProcess({
   *   state: { waiting: splitListState<number>() },
   *   emits: emits<readonly number[]>(),
   *   onRecord(value: number, { state: { waiting }, emit }) {
   *     const pair = [...waiting.get(), value];
   *     waiting.update(pair.length < 2 ? pair : []);
   *     if (pair.length === 2) emit(pair);
   *   },
   * });
   * const pairs = pipeline("pairs").source("numbers", fromArray([1, 2, 3, 4])).process("pair", inPairs);
   * console.log(await collect(pairs));
   * // prints [[1,2],[3,4]]
   * ```
   */
  process<R>(
    id: string | Misuse<ProcessNeedsId>,
    process: SubtaskProcessPlan<T, R>,
    options?: AtomicStepOptions<T>,
  ): Stream<R, G>;
  /** What the compiler says where the id is missing. */
  process(misuse: string & Misuse<ProcessNeedsId>): Stream<never, G>;
  /**
   * This stream and others as one, in no particular order among them.
   *
   * @example
   * ```ts
   * import { collect } from "@tidemark/backend-memory";
   * import { fromArray } from "@tidemark/connectors/iterable";
   * import { pipeline } from "@tidemark/core";
   *
   * const job = pipeline("all-sales");
   * const online = job.source("online", fromArray([300, 100]));
   * const inShops = job.source("shops", fromArray([200]));
   * const cents = await collect(online.union(inShops));
   * console.log(cents.toSorted());
   * // prints [100,200,300]
   * ```
   */
  union(...others: readonly Stream<T, G>[]): Stream<T, G>;
  /**
   * Deals records out evenly over the subtasks of the next step.
   *
   * @example
   * ```ts
   * import { fromArray, toArray } from "@tidemark/connectors/iterable";
   * import { pipeline } from "@tidemark/core";
   * import { explain } from "@tidemark/core/explain";
   *
   * const job = pipeline("parsing");
   * job
   *   .source("lines", fromArray(['{"n":1}', '{"n":2}']), { parallelism: 1 })
   *   .rebalance()
   *   .map((line) => JSON.parse(line) as { n: number }, { parallelism: 4 })
   *   .sink("out", toArray<{ n: number }>().sink);
   * console.log(explain(job).includes("by rebalance"));
   * // prints true
   * ```
   */
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
   *
   * @example
   * ```ts
   * import { collect } from "@tidemark/backend-memory";
   * import { fromArray } from "@tidemark/connectors/iterable";
   * import { pipeline } from "@tidemark/core";
   *
   * const orders = [{ region: "eu", id: 1 }, { region: "us", id: 2 }];
   * const routed = pipeline("routing")
   *   .source("orders", fromArray(orders), { parallelism: 1 })
   *   .partition((order, subtasks) => (order.region === "eu" ? 0 : subtasks - 1))
   *   .map((order) => order.id);
   * console.log((await collect(routed, { parallelism: 2 })).toSorted());
   * // prints [1,2]
   * ```
   */
  partition(choose: (value: T, subtasks: number) => number, options?: PartitionOptions<T>): Stream<T, G>;
  /**
   * Gives every record to every subtask of the next step.
   *
   * @example
   * ```ts
   * import { fromArray, toArray } from "@tidemark/connectors/iterable";
   * import { pipeline } from "@tidemark/core";
   * import { explain } from "@tidemark/core/explain";
   *
   * const job = pipeline("rules");
   * job
   *   .source("rules", fromArray(["no cash"]), { parallelism: 1 })
   *   .broadcast()
   *   .map((rule) => rule.length, { parallelism: 4 })
   *   .sink("out", toArray<number>().sink);
   * console.log(explain(job).includes("by broadcast"));
   * // prints true
   * ```
   */
  broadcast(): BroadcastStream<T, G>;
  /**
   * This stream and a broadcast one, for a step that reads both: a `broadcastProcess` of `@tidemark/core/state`.
   *
   * @example
   * ```ts
   * import { collect } from "@tidemark/backend-memory";
   * import { fromArray } from "@tidemark/connectors/iterable";
   * import { emits, pipeline } from "@tidemark/core";
   * import { broadcastProcess, broadcastState } from "@tidemark/core/state";
   *
   * const job = pipeline("flags");
   * const banned = job.source("banned", fromArray(["flow"])).broadcast();
   * const flagged = job.source("words", fromArray(["ebb"])).connect(banned).process("flag", broadcastProcess({
   *   state: { banned: broadcastState<string, boolean>() },
   *   emits: emits<string>(),
   *   onRecord: (word, { state, emit }) => emit(state.banned.has(word) ? "***" : word),
   *   onBroadcast: (word, { state }) => state.banned.set(word, true),
   * }));
   * console.log(await collect(flagged));
   * // prints ["ebb"]
   * ```
   */
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
  /**
   * What the step before emits into a side output.
   *
   * @example
   * ```ts
   * import { collect } from "@tidemark/backend-memory";
   * import { fromArray } from "@tidemark/connectors/iterable";
   * import { emits, pipeline, sideOutput } from "@tidemark/core";
   *
   * const odd = sideOutput<number>("odd");
   * const sorted = pipeline("sorted")
   *   .source("numbers", fromArray([1, 2, 3]))
   *   .keyBy((n) => n)
   *   .process("sort", {
   *     emits: emits<number>(),
   *     onRecord: (n, { emit, output }) => (n % 2 === 0 ? emit(n) : output(odd, n)),
   *   });
   * console.log(await collect(sorted.sideOutput(odd)));
   * // prints [1,3]
   * ```
   */
  sideOutput<S>(tag: SideOutput<S>): Stream<S, G>;
  /**
   * Writes the stream to a sink.
   *
   * @param id names the sink's commits for ever.
   *
   * @example
   * ```ts
   * import { memory } from "@tidemark/backend-memory";
   * import { consoleSink } from "@tidemark/connectors/console";
   * import { fromArray } from "@tidemark/connectors/iterable";
   * import { pipeline, run } from "@tidemark/core";
   *
   * const job = pipeline("numbers");
   * job.source("numbers", fromArray([1, 2])).sink("out", consoleSink(), { delivery: "at-least-once" });
   * await run(job, { backend: memory() }).finished;
   * // prints 1
   * // prints 2
   * ```
   */
  sink(
    id: string | Misuse<SinkNeedsId>,
    sink: AnySink<T>,
    options: SinkOptions & { readonly delivery: "at-least-once" },
  ): void;
  /**
   * Writes the stream to a sink that promises as much as the pipeline, or more.
   *
   * @example
   * ```ts
   * import { memory } from "@tidemark/backend-memory";
   * import { fromArray, toArray } from "@tidemark/connectors/iterable";
   * import { pipeline, run } from "@tidemark/core";
   *
   * const out = toArray<number>();
   * const job = pipeline("numbers");
   * job.source("numbers", fromArray([1, 2])).sink("out", out.sink);
   * await run(job, { backend: memory() }).finished;
   * console.log(out.values);
   * // prints [1,2]
   * ```
   */
  sink<D extends SinkDelivery>(
    id: string | Misuse<SinkNeedsId>,
    sink: AnySink<T, D> & SinkFits<G, D>,
    options?: SinkOptions,
  ): void;
  /** What the compiler says where the id is missing. */
  sink(misuse: string & Misuse<SinkNeedsId>): void;
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
