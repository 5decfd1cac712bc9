import type { AnySink, SinkDelivery } from "../connect/sink.ts";
import type { AggregateFunction } from "../state/aggregate-function.ts";
import type { BroadcastProcessPlan } from "../operators/broadcast-process.ts";
import type { ConnectedProcess } from "../operators/connected-process.ts";
import type { Join, LeftMeets, Matching, RightMeets } from "../operators/joins/join.ts";
import type { KeyedBroadcastProcessPlan } from "../operators/keyed-broadcast-process.ts";
import type { KeyedProcess } from "../operators/process.ts";
import type { SubtaskProcessPlan } from "../operators/subtask-process.ts";
import type { SideOutput } from "../operators/side-output.ts";
import type { TimerlessConnectedProcess, TimerlessProcess } from "../operators/timerless.ts";
import type { WindowAssigner, WindowResult } from "../operators/windows/assigner.ts";
import type { WindowProcessPlan } from "../operators/windows/make-window-process.ts";
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

/** What the compiler says to a step on a stream with keys that has no use for them. */
type NeedsNoKeys =
  "This stream has keys, for a step that needs them: reduce, process, window, join or connect. Put this one before keyBy(...), or behind such a step.";

/** What the compiler says to results of a process that does not tell their type. */
type NeedsEmits =
  "This process does not say what it emits. Add emits: emits<Row>() to it, with the type of its results.";

/** What the compiler says to an aggregate without windows. */
type NeedsWindows =
  "Records are aggregated in windows, and windows are cut for each key. Put keyBy(...) and window(...) before aggregate(...), or use keyBy(...) and reduce(...).";

/** What the compiler says to a step behind windows of which nothing comes. */
type NothingYet =
  "Nothing comes of windows before it is said what becomes of their records. Put aggregate(...), reduce(...) or process(...) before this step.";

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
  flatMap<R>(expand: (value: T) => Iterable<R>, options?: AtomicStepOptions<T>): Stream<R, G>;
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
 * A stream grouped by key.
 *
 * @typeParam K the key. @typeParam T the records. @typeParam G the pipeline's guarantee.
 */
export interface KeyedStream<K, T, G extends Guarantee = Guarantee> {
  /**
   * Combines each record with the result so far of its key, and emits each new result. The first record of a key is its
   * first result. What is emitted is the state itself: return a new value from `combine`, and
   * change it nowhere. Where it gives `undefined` for two records, a `return` was forgotten, and the job fails.
   *
   * @param id names the state for ever.
   *
   * @example
   * ```ts
   * import { collect } from "@tidemark/backend-memory";
   * import { fromArray } from "@tidemark/connectors/iterable";
   * import { pipeline } from "@tidemark/core";
   *
   * const balances = pipeline("balances")
   *   .source("payments", fromArray([{ to: "ann", cents: 5 }, { to: "bo", cents: 1 }, { to: "ann", cents: 2 }]))
   *   .keyBy((payment) => payment.to)
   *   .reduce("balance", (sum, next) => ({ to: sum.to, cents: sum.cents + next.cents }));
   * for (const { to, cents } of await collect(balances)) console.log(to, cents);
   * // prints ann 5
   * // prints bo 1
   * // prints ann 7
   * ```
   */
  reduce(
    id: string | Misuse<ReduceNeedsId>,
    combine: (result: T, value: T) => T,
    options?: AtomicStepOptions<T>,
  ): Stream<T, G>;
  /** What the compiler says where the id is missing. */
  reduce(misuse: string & Misuse<ReduceNeedsId>): Stream<T, G>;
  /**
   * Runs a keyed process that sets no timers: typed state, any number of results.
   *
   * @param id names the state for ever.
   *
   * @example
   * ```ts
   * import { collect } from "@tidemark/backend-memory";
   * import { fromArray } from "@tidemark/connectors/iterable";
   * import { emits, pipeline, valueState } from "@tidemark/core";
   *
   * const numbered = pipeline("numbered")
   *   .source("orders", fromArray(["ann", "bo", "ann"]))
   *   .keyBy((customer) => customer)
   *   .process("number", {
   *     state: { orders: valueState(0) },
   *     emits: emits<string>(),
   *     onRecord(customer, { state: { orders }, emit }) {
   *       orders.update(orders.get() + 1);
   *       emit(`${customer} ${orders.get()}`);
   *     },
   *   });
   * console.log(await collect(numbered));
   * // prints ["ann 1","bo 1","ann 2"]
   * ```
   */
  process<R = Misuse<NeedsEmits>, S extends StateDescriptors = None>(
    id: string | Misuse<ProcessNeedsId>,
    process: TimerlessProcess<T, K, S, R>,
    options?: AtomicStepOptions<T>,
  ): Stream<R, G>;
  /**
   * Runs a keyed process: typed state, timers, any number of results.
   *
   * @param id names the state for ever.
   *
   * @example
   * ```ts
   * import { collect } from "@tidemark/backend-memory";
   * import { fromArray } from "@tidemark/connectors/iterable";
   * import { emits, pipeline, valueState } from "@tidemark/core";
   *
   * const logins = [{ user: "ann", at: 0 }, { user: "bo", at: 10 }, { user: "ann", at: 20 }];
   * const absent = pipeline("absent")
   *   .source("logins", fromArray(logins), { eventTime: (login) => login.at })
   *   .keyBy((login) => login.user)
   *   .process("absent", {
   *     state: { last: valueState(0) },
   *     emits: emits<string>(),
   *     onRecord({ at }, { state, setEventTimer }) {
   *       state.last.update(at);
   *       setEventTimer(at + 100);
   *     },
   *     onTimer(time, { key, state, emit }) {
   *       if (time === state.last.get() + 100) emit(`${key} was not seen since ${state.last.get()}`);
   *     },
   *   });
   * console.log(await collect(absent));
   * // prints ["bo was not seen since 10","ann was not seen since 20"]
   * ```
   */
  process<R = Misuse<NeedsEmits>, S extends StateDescriptors = None>(
    id: string | Misuse<ProcessNeedsId>,
    process: KeyedProcess<T, K, S, R>,
    options?: AtomicStepOptions<T>,
  ): Stream<R, G>;
  /** What the compiler says where the id is missing. */
  process(misuse: string & Misuse<ProcessNeedsId>): Stream<never, G>;
  /**
   * This stream and a broadcast one, for a step that reads both: a `keyedBroadcastProcess` of `@tidemark/core/state`.
   *
   * @example
   * ```ts
   * import { fromArray } from "@tidemark/connectors/iterable";
   * import { emits, pipeline } from "@tidemark/core";
   * import { broadcastState, keyedBroadcastProcess } from "@tidemark/core/state";
   *
   * const job = pipeline("limits");
   * const limits = job.source("limits", fromArray([{ cents: 500 }])).broadcast();
   * job
   *   .source("orders", fromArray([{ customer: "ann", cents: 900 }]))
   *   .keyBy((order) => order.customer)
   *   .connect(limits)
   *   .process("check", keyedBroadcastProcess({
   *     state: { limit: broadcastState<"each", number>() },
   *     emits: emits<string>(),
   *     onRecord({ customer, cents }, { state, emit }) {
   *       if (cents > (state.limit.get("each") ?? Infinity)) emit(`${customer} spends a lot`);
   *     },
   *     onBroadcast: ({ cents }, { state }) => state.limit.set("each", cents),
   *   }));
   * ```
   */
  connect<B>(other: BroadcastStream<B, G>): KeyedBroadcastConnectedStreams<K, T, B, G>;
  /**
   * This stream and another one with keys of the same type, for a step that reads both: records of the same key meet there.
   *
   * @example
   * ```ts
   * import { collect } from "@tidemark/backend-memory";
   * import { fromArray } from "@tidemark/connectors/iterable";
   * import { emits, pipeline, valueState } from "@tidemark/core";
   *
   * const job = pipeline("names");
   * const users = job.source("users", fromArray([{ id: 1, name: "ann" }])).keyBy((user) => user.id);
   * const logins = job.source("logins", fromArray([{ id: 1, from: "Oslo" }])).keyBy((login) => login.id);
   * const both = users.connect(logins).process("both", {
   *   state: { name: valueState(""), from: valueState("") },
   *   emits: emits<string>(),
   *   onLeft({ name }, { state, emit }) {
   *     state.name.update(name);
   *     if (state.from.get() !== "") emit(`${name} from ${state.from.get()}`);
   *   },
   *   onRight({ from }, { state, emit }) {
   *     state.from.update(from);
   *     if (state.name.get() !== "") emit(`${state.name.get()} from ${from}`);
   *   },
   * });
   * console.log(await collect(both));
   * // prints ["ann from Oslo"]
   * ```
   */
  connect<Other, R>(other: KeyedStream<Other, R, G> & KeysFit<K, Other>): ConnectedStreams<K | Other, T, R, G>;
  /**
   * Joins this stream, the left one, with another one with keys of the same type. Kinds of joins come from
   * `@tidemark/core/joins`.
   *
   * @param id names the state for ever.
   * @param combine makes a result of what meets. It must not change what it is given: that is state.
   *
   * @example
   * ```ts
   * import { collect } from "@tidemark/backend-memory";
   * import { fromArray } from "@tidemark/connectors/iterable";
   * import { pipeline } from "@tidemark/core";
   * import { intervalJoin } from "@tidemark/core/joins";
   *
   * const job = pipeline("paid");
   * const orders = job.source("orders", fromArray([{ id: 7, at: 0 }]), { eventTime: (order) => order.at });
   * const payments = job.source("payments", fromArray([{ of: 7, at: 60 }]), { eventTime: (payment) => payment.at });
   * const byOrder = payments.keyBy((payment) => payment.of);
   * const waited = orders
   *   .keyBy((order) => order.id)
   *   .join("paid", byOrder, intervalJoin({ from: "0s", to: "1h" }), (order, payment) => payment.at - order.at);
   * console.log(await collect(waited));
   * // prints [60]
   * ```
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
   *
   * @example
   * ```ts
   * import { collect } from "@tidemark/backend-memory";
   * import { fromArray } from "@tidemark/connectors/iterable";
   * import { pipeline } from "@tidemark/core";
   * import { count } from "@tidemark/core/aggregates";
   * import { tumbling } from "@tidemark/core/windows";
   *
   * const visits = [{ page: "/", at: 1_000 }, { page: "/", at: 2_000 }, { page: "/", at: 61_000 }];
   * const perMinute = pipeline("visits")
   *   .source("visits", fromArray(visits), { eventTime: (visit) => visit.at, outOfOrder: "5s" })
   *   .keyBy((visit) => visit.page)
   *   .window("per-minute", tumbling("1m"))
   *   .aggregate(count());
   * for (const { key, window, value } of await collect(perMinute)) console.log(key, window.start, value);
   * // prints / 0 2
   * // prints / 60000 1
   * ```
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
   *
   * @example
   * ```ts
   * import { collect } from "@tidemark/backend-memory";
   * import { fromArray } from "@tidemark/connectors/iterable";
   * import { type KeyedStream, pipeline } from "@tidemark/core";
   *
   * const largest = (numbers: KeyedStream<number, number>) => numbers.reduce("largest", (most, n) => Math.max(most, n));
   * const byDigit = pipeline("digits").source("numbers", fromArray([3, 15, 92, 13])).keyBy((n) => n % 10);
   * console.log(await collect(byDigit.pipe("digits", largest)));
   * // prints [3,15,92,13]
   * ```
   */
  pipe<R, const A extends readonly unknown[] = []>(
    id: string | Misuse<PipeNeedsId>,
    op: (stream: this, ...rest: A) => R,
    ...rest: A
  ): R;
  /** What the compiler says where the id is missing. */
  pipe(misuse: string & Misuse<PipeNeedsId>): Stream<never, G>;
  /** Not on keys: before \`keyBy\`, or behind the step that needs them. */
  map(...misuse: readonly Misuse<NeedsNoKeys>[]): never;
  /** Not on keys: before \`keyBy\`, or behind the step that needs them. */
  filter(...misuse: readonly Misuse<NeedsNoKeys>[]): never;
  /** Not on keys: before \`keyBy\`, or behind the step that needs them. */
  flatMap(...misuse: readonly Misuse<NeedsNoKeys>[]): never;
  /** Not on keys: before \`keyBy\`, or behind the step that needs them. */
  union(...misuse: readonly Misuse<NeedsNoKeys>[]): never;
  /** Not on keys: before \`keyBy\`, or behind the step that needs them. */
  sideOutput(...misuse: readonly Misuse<NeedsNoKeys>[]): never;
  /** Not on keys: before \`keyBy\`, or behind the step that needs them. */
  sink(...misuse: readonly Misuse<NeedsNoKeys>[]): never;
  /** Records are aggregated in windows: `window` comes first. */
  aggregate(...misuse: readonly Misuse<NeedsWindows>[]): never;
}

/**
 * Two streams with the same keys, on their way into one step.
 *
 * @typeParam K the key. @typeParam L the records of the left stream. @typeParam R those of the right one.
 * @typeParam G the pipeline's guarantee.
 */
export interface ConnectedStreams<K, L, R, G extends Guarantee = Guarantee> {
  /**
   * Runs a process over both streams: they share the state of a key. It sets no timers.
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
  process<O = Misuse<NeedsEmits>, S extends StateDescriptors = None>(
    id: string | Misuse<ProcessNeedsId>,
    process: TimerlessConnectedProcess<L, R, K, S, O>,
    options?: AtomicStepOptions<L | R>,
  ): Stream<O, G>;
  /**
   * Runs a process over both streams: state and timers of a key are shared by them.
   *
   * @param id names the state for ever.
   *
   * @example
   * ```ts
   * import { collect } from "@tidemark/backend-memory";
   * import { fromArray } from "@tidemark/connectors/iterable";
   * import { emits, pipeline, valueState } from "@tidemark/core";
   *
   * const job = pipeline("unanswered");
   * const questions = job.source("questions", fromArray([{ id: 1, at: 0 }, { id: 2, at: 5 }]), { eventTime: (q) => q.at });
   * const answers = job.source("answers", fromArray([{ to: 2, at: 9 }]), { eventTime: (answer) => answer.at });
   * const unanswered = questions
   *   .keyBy((question) => question.id)
   *   .connect(answers.keyBy((answer) => answer.to))
   *   .process("unanswered", {
   *     state: { answered: valueState(false) },
   *     emits: emits<string>(),
   *     onLeft: ({ at }, { setEventTimer }) => setEventTimer(at + 60),
   *     onRight: (_answer, { state }) => state.answered.update(true),
   *     onTimer(time, { key, state, emit }) {
   *       if (!state.answered.get()) emit(`question ${key} has no answer at ${time}`);
   *     },
   *   });
   * console.log(await collect(unanswered));
   * // prints ["question 1 has no answer at 60"]
   * ```
   */
  process<O = Misuse<NeedsEmits>, S extends StateDescriptors = None>(
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
   *
   * @example
   * ```ts
   * import { collect } from "@tidemark/backend-memory";
   * import { fromArray } from "@tidemark/connectors/iterable";
   * import { emits, pipeline, valueState } from "@tidemark/core";
   * import { broadcastState, keyedBroadcastProcess } from "@tidemark/core/state";
   *
   * const job = pipeline("numbered");
   * const prefixes = job.source("prefixes", fromArray<string>([])).broadcast();
   * const numbered = job
   *   .source("orders", fromArray(["ann", "bo", "ann"]))
   *   .keyBy((customer) => customer)
   *   .connect(prefixes)
   *   .process("number", keyedBroadcastProcess({
   *     state: { orders: valueState(0), prefix: broadcastState<"is", string>() },
   *     emits: emits<string>(),
   *     onRecord(customer, { state: { orders, prefix }, emit }) {
   *       orders.update(orders.get() + 1);
   *       emit(`${prefix.get("is") ?? ""}${customer} ${orders.get()}`);
   *     },
   *     onBroadcast: (prefix, { state }) => state.prefix.set("is", prefix),
   *   }));
   * console.log(await collect(numbered));
   * // prints ["ann 1","bo 1","ann 2"]
   * ```
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
  /** What the compiler says to an aggregate of other records. */
  aggregate<V, A, R>(aggregate: AggregateFunction<V, A, R> & OtherRecords): never;
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
