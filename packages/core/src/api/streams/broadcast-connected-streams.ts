import type { BroadcastProcessPlan } from "../../operators/broadcast-process.ts";
import type { KeyedBroadcastProcessPlan } from "../../operators/keyed-broadcast-process.ts";
import type { Guarantee, Misuse } from "../guarantee.ts";
import type { ProcessNeedsId } from "../id-missing.ts";
import type { AtomicStepOptions } from "../step-options.ts";
import type { Stream } from "./stream.ts";

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
