import type { Join, LeftMeets, Matching, RightMeets } from "../../operators/joins/join.ts";
import type { KeyedProcess } from "../../operators/process.ts";
import type { TimerlessProcess } from "../../operators/timerless.ts";
import type { WindowAssigner } from "../../operators/windows/assigner.ts";
import type { StateDescriptors } from "../../state/descriptors.ts";
import type { TimeWindow } from "../../time/windows.ts";
import type { NoPromise } from "../../misuse.ts";
import type { Guarantee, Misuse } from "../guarantee.ts";
import type { JoinNeedsId, PipeNeedsId, ProcessNeedsId, ReduceNeedsId, WindowNeedsId } from "../id-missing.ts";
import type { KeysFit } from "../keys-fit.ts";
import type { NeedsEmits, NeedsNoKeys, NeedsWindows } from "../out-of-place.ts";
import type { AtomicStepOptions, JoinOptions, WindowOptions } from "../step-options.ts";
import type { KeyedBroadcastConnectedStreams } from "./broadcast-connected-streams.ts";
import type { ConnectedStreams } from "./connected-streams.ts";
import type { BroadcastStream, Stream } from "./stream.ts";
import type { WindowedStream } from "./windowed-stream.ts";

/** No state. */
type None = Record<never, never>;

/**
 * A stream grouped by key.
 *
 * @typeParam K the key. @typeParam T the records. @typeParam G the pipeline's guarantee.
 */
export interface KeyedStream<K, T, G extends Guarantee = Guarantee> {
  /**
   * Combines each record with the result so far of its key, and emits each new result. The first record of a key is its
   * first result. What is emitted is the state itself: return a new value from `combine`, and change it nowhere. Where it
   * gives `undefined` for two records, a `return` was forgotten, and the job fails.
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
    combine: (left: LeftMeets<T>[M], right: RightMeets<R>[M], key: K | Other, window: W) => O & NoPromise<O>,
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
