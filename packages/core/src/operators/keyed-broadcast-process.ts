import { checkCallbacks } from "../invalid-option.ts";
import type { InTurn, Misuse } from "../misuse.ts";
import type { StateDescriptor, StateDescriptors, StateHandle } from "../state/descriptors.ts";
import { slotsOf } from "../state/handles.ts";
import type { BroadcastState, ReadonlyBroadcastState } from "../state/operator-state/broadcast.ts";
import type { OperatorStateDescriptor, OperatorStateDescriptors } from "../state/operator-state/descriptors.ts";
import { operatorShapes, OperatorStates } from "../state/operator-state/operator-states.ts";
import { BROADCAST_KIND } from "../state/operator-state/stored.ts";
import type { KeySelector } from "./keyed-state.ts";
import { bindMethods } from "./bind-methods.ts";
import { inTurn } from "./callbacks.ts";
import type { KeyedContext } from "./keyed-work.ts";
import type { OperatorFactory } from "./operator.ts";
import type { ProcessContext } from "./process-context.ts";
import { keyedOperator } from "./keyed-operator.ts";
import type { Emits } from "./process.ts";
import type { SideOutput } from "./side-output.ts";
import { timerWithoutKey } from "./subtask-process-context.ts";
import type { StepPlan } from "./step-plan.ts";
import type { NoTimer } from "./timerless.ts";

/** The states of a keyed process with a broadcast stream: some by key, some of which every subtask has a copy. */
export type KeyedBroadcastStates = Readonly<
  Record<string, StateDescriptor | (OperatorStateDescriptor & { readonly kind: "broadcast" })>
>;

/** What a record with a key sees: its own states, and broadcast states to be read. */
export type KeyedBroadcastHandles<S extends KeyedBroadcastStates> = {
  readonly [Name in keyof S]: S[Name] extends OperatorStateDescriptor<infer H>
    ? H extends BroadcastState<infer K, infer V>
      ? ReadonlyBroadcastState<K, V>
      : never
    : StateHandle<S[Name]>;
};

/** What a broadcast record sees: the broadcast states. It has no key. */
export type BroadcastHandles<S extends KeyedBroadcastStates> = {
  readonly [
    Name in keyof S as S[Name] extends OperatorStateDescriptor ? Name : never
  ]: S[Name] extends OperatorStateDescriptor<infer H> ? H : never;
};

/** What a record with a key, or one of its timers, sees while it is handled. */
export interface KeyedBroadcastContext<K, S extends KeyedBroadcastStates, R> extends Omit<
  ProcessContext<K, Record<never, never>, R>,
  "state" | "enter"
> {
  /** The states of the current key, and broadcast states to be read. */
  readonly state: KeyedBroadcastHandles<S>;
}

/**
 * What is done with a stream with keys and one that is broadcast. Records of the broadcast stream reach every subtask and may
 * change broadcast state; those of the other one have state and timers by key, and can read it.
 *
 * Every subtask gets the same broadcast records, those of one writer in the same order. In which order those of several
 * writers come, and between which records of the main stream, differs from subtask to subtask and from run to run: make
 * the outcome independent of it. Event time is that of both streams: a broadcast stream without watermarks holds it back.
 *
 * @typeParam T the records. @typeParam B those of the broadcast stream. @typeParam K the key.
 * @typeParam S the declared states. @typeParam R the results.
 */
export interface KeyedBroadcastProcess<T, B, K, S extends KeyedBroadcastStates, R> {
  /** The states, declared once: `{ seen: valueState(0), limits: broadcastState<string, number>() }`. */
  readonly state: S;
  /** The type of the results, where it is not told otherwise: `emits: emits<Alert>()`. */
  readonly emits?: Emits<R>;
  /** Called for each record of the main stream, with its key current. */
  onRecord(value: T, context: KeyedBroadcastContext<K, S, R>): InTurn;
  /** Called for each record of the broadcast stream, in every subtask and without a key: do the same in all of them. */
  onBroadcast(value: B, context: BroadcastRecordContext<BroadcastHandles<S>, R>): InTurn;
  /** Called when a timer of the current key is due. It is no longer set then. Without it no timer may be set. */
  onTimer?(time: number, context: KeyedBroadcastContext<K, S, R>): InTurn;
}

/** What a record with a key sees of a process without `onTimer`. */
export interface TimerlessBroadcastContext<K, S extends KeyedBroadcastStates, R> extends KeyedBroadcastContext<
  K,
  S,
  R
> {
  /** Not without an `onTimer`. @throws {ConfigurationError} CALLBACK_MISSING */
  setEventTimer(misuse: NoTimer): void;
  /** Not without an `onTimer`. @throws {ConfigurationError} CALLBACK_MISSING */
  setProcessingTimer(misuse: NoTimer): void;
}

/** A process over a stream with keys and a broadcast one that sets no timers. */
export interface TimerlessBroadcastProcess<T, B, K, S extends KeyedBroadcastStates, R> extends KeyedBroadcastProcess<
  T,
  B,
  K,
  S,
  R
> {
  /** Called for each record of the main stream, with its key current. */
  onRecord(value: T, context: TimerlessBroadcastContext<K, S, R>): InTurn;
  /** Left out: then no timer may be set. */
  readonly onTimer?: never;
}

/** A process for `stream.keyBy(...).connect(other.broadcast()).process`, made by {@link keyedBroadcastProcess}. */
export interface KeyedBroadcastProcessPlan<K, T, B, R> {
  /** Carries the types of the keys and records; never set. */
  readonly takes?: (key: K, value: T, broadcast: B) => void;
  /** Carries the type of the results; never set. */
  readonly emits?: Emits<R>;
  /** For the engine: what runs as the step of this id. */
  plan(id: string, keyOf: KeySelector): StepPlan;
}

/** What a broadcast record sees while it is handled. It has no key. */
export class BroadcastRecordContext<H, R> {
  /** The broadcast states of this subtask. */
  readonly state: H;
  readonly #context: KeyedContext;

  /** For the engine. */
  constructor(state: H, context: KeyedContext) {
    this.state = state;
    this.#context = context;
    bindMethods<BroadcastRecordContext<H, R>>(this, "emit", "output", "now");
  }

  /** The record's time in milliseconds since the epoch; -Infinity if it has none. */
  get timestamp(): number {
    return this.#context.timestamp;
  }

  /** The event time that both streams have reached. */
  get watermark(): number {
    return this.#context.watermark;
  }

  /** Processing time, in milliseconds since the epoch. Results that depend on it depend on timing. */
  now(): number {
    return this.#context.now();
  }

  /** Emits a result, at the current time. Every subtask gets the record, and emits one. */
  emit(value: R): void {
    this.#context.emit(value);
  }

  /** Emits a value into a side output. */
  output<V>(tag: SideOutput<V>, value: V): void {
    this.#context.output(tag, value);
  }

  /** Timers belong to keys. @throws {ConfigurationError} KEY_MISSING */
  setEventTimer(..._misuse: readonly Misuse<"A broadcast record has no key, and timers belong to keys.">[]): never {
    throw timerWithoutKey();
  }

  /** Timers belong to keys. @throws {ConfigurationError} KEY_MISSING */
  setProcessingTimer(
    ..._misuse: readonly Misuse<"A broadcast record has no key, and timers belong to keys.">[]
  ): never {
    throw timerWithoutKey();
  }
}

/**
 * Makes a process over a stream with keys and a broadcast one that sets no timers.
 *
 * @example
 * ```ts
 * import { emits, pipeline } from "@tidemark/core";
 * import { broadcastState, keyedBroadcastProcess, valueState } from "@tidemark/core/state";
 * import { fromArray } from "@tidemark/connectors/iterable";
 *
 * const job = pipeline("limits");
 * const orders = job.source("orders", fromArray([{ customer: "ann", cents: 900 }]));
 * const limits = job.source("limits", fromArray([500]));
 * orders
 *   .keyBy((order) => order.customer)
 *   .connect(limits.broadcast())
 *   .process("check", keyedBroadcastProcess({
 *     state: { spent: valueState(0), limit: broadcastState<string, number>() },
 *     emits: emits<string>(),
 *     onRecord(order, context) {
 *       const { spent, limit } = context.state;
 *       spent.update(spent.get() + order.cents);
 *       if (spent.get() > (limit.get("each") ?? Infinity)) context.emit(`${context.key} spent ${spent.get()}`);
 *     },
 *     onBroadcast: (cents, { state }) => state.limit.set("each", cents),
 *   }));
 * ```
 */
export function keyedBroadcastProcess<T, B, K, S extends KeyedBroadcastStates, R = never>(
  process: TimerlessBroadcastProcess<T, B, K, S, R>,
): KeyedBroadcastProcessPlan<K, T, B, R>;
/**
 * Makes a process over a stream with keys and a broadcast one.
 *
 * @example
 * ```ts
 * import { collect } from "@tidemark/backend-memory";
 * import { fromArray } from "@tidemark/connectors/iterable";
 * import { emits, pipeline } from "@tidemark/core";
 * import { broadcastState, keyedBroadcastProcess } from "@tidemark/core/state";
 *
 * const job = pipeline("reminders");
 * const words = job.source("words", fromArray<string>([])).broadcast();
 * const reminders = job
 *   .source("orders", fromArray([{ customer: "ann", at: 0 }]), { eventTime: (order) => order.at })
 *   .keyBy((order) => order.customer)
 *   .connect(words)
 *   .process("remind", keyedBroadcastProcess({
 *     state: { greeting: broadcastState<"is", string>() },
 *     emits: emits<string>(),
 *     onRecord: ({ at }: { at: number }, { setEventTimer }) => setEventTimer(at + 60),
 *     onBroadcast: (word: string, { state }) => state.greeting.set("is", word),
 *     onTimer: (time, { key, state, emit }) => emit(`${state.greeting.get("is") ?? "Dear"} ${key}, it is ${time}`),
 *   }));
 * console.log(await collect(reminders));
 * // prints ["Dear ann, it is 60"]
 * ```
 */
export function keyedBroadcastProcess<T, B, K, S extends KeyedBroadcastStates, R = never>(
  process: KeyedBroadcastProcess<T, B, K, S, R>,
): KeyedBroadcastProcessPlan<K, T, B, R>;
export function keyedBroadcastProcess<T, B, K, S extends KeyedBroadcastStates, R = never>(
  process: KeyedBroadcastProcess<T, B, K, S, R>,
): KeyedBroadcastProcessPlan<K, T, B, R> {
  const any = process as unknown as AnyProcess;
  const [byKey, copies] = divided(process.state);
  return {
    plan: (id, keyOf) => {
      checkCallbacks(id, process, ["onRecord", "onBroadcast"], ["onTimer"]);
      return {
        label: "connect, process",
        timing: "the order of its inputs",
        order: "any",
        slots: slotsOf(byKey),
        operatorStates: operatorShapes(id, copies),
        create: keyedBroadcastOperator(id, keyOf, byKey, copies, any),
      };
    },
  };
}

interface AnyProcess {
  onRecord(value: unknown, context: KeyedContext): unknown;
  onBroadcast(value: unknown, context: BroadcastRecordContext<unknown, unknown>): unknown;
  onTimer?(time: number, context: KeyedContext): unknown;
}

function divided(states: KeyedBroadcastStates): readonly [StateDescriptors, OperatorStateDescriptors] {
  const all = Object.entries(states);
  const isCopied = ([, { kind }]: (typeof all)[number]): boolean => kind === BROADCAST_KIND;
  const byKey = Object.fromEntries(all.filter((entry) => !isCopied(entry)));
  return [byKey as StateDescriptors, Object.fromEntries(all.filter(isCopied)) as OperatorStateDescriptors];
}

function keyedBroadcastOperator(
  id: string,
  keyOf: KeySelector,
  byKey: StateDescriptors,
  copies: OperatorStateDescriptors,
  process: AnyProcess,
): OperatorFactory {
  return (context) => {
    const operatorStates = new OperatorStates(id, copies, { strict: context.env.development ?? false });
    let broadcast: BroadcastRecordContext<unknown, unknown> | undefined;
    const work = {
      state: byKey,
      operatorStates,
      inputs: [
        { name: "onRecord", keyOf, handler: process },
        {
          name: "onBroadcast",
          keyOf: undefined,
          handler: {
            onRecord: (value: unknown, keyed: KeyedContext): void => {
              const user = (broadcast ??= new BroadcastRecordContext<unknown, unknown>(operatorStates.handles, keyed));
              const call = (): void => void inTurn(process.onBroadcast(value, user));
              if (context.deadLetters === undefined) call();
              else operatorStates.atomically(call);
            },
          },
        },
      ],
      onTimer: process.onTimer?.bind(process),
    };
    return keyedOperator(id, work)(context);
  };
}
