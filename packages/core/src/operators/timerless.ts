/**
 * Processes without `onTimer`: their types let no timer be set, since nothing would be called for it.
 *
 * @module
 */
import type { InTurn, Misuse } from "../misuse.ts";
import type { StateDescriptors } from "../state/descriptors.ts";
import type { ConnectedProcess } from "./connected-process.ts";
import type { KeyedProcess } from "./process.ts";
import type { ProcessContext } from "./process-context.ts";

/** A time that nobody has: the compiler shows the sentence. */
export type NoTimer = number &
  Misuse<"This process has no onTimer(...), so nothing would come of a timer. Give it one, or set none.">;

/** What a process without `onTimer` sees. */
export interface TimerlessContext<K, S extends StateDescriptors, R> extends ProcessContext<K, S, R> {
  /** Not without an `onTimer`. @throws {ConfigurationError} CALLBACK_MISSING */
  setEventTimer(misuse: NoTimer): void;
  /** Not without an `onTimer`. @throws {ConfigurationError} CALLBACK_MISSING */
  setProcessingTimer(misuse: NoTimer): void;
}

/** A keyed process that sets no timers. */
export interface TimerlessProcess<T, K, S extends StateDescriptors, R> extends KeyedProcess<T, K, S, R> {
  /** Called for each record, with its key current. */
  onRecord(value: T, context: TimerlessContext<K, S, R>): InTurn;
  /** Left out: then no timer may be set. */
  readonly onTimer?: never;
}

/** A process over two streams that sets no timers. */
export interface TimerlessConnectedProcess<L, R, K, S extends StateDescriptors, O> extends ConnectedProcess<
  L,
  R,
  K,
  S,
  O
> {
  /** Called for each record of the left stream, with its key current. */
  onLeft(value: L, context: TimerlessContext<K, S, O>): InTurn;
  /** Called for each record of the right stream, with its key current. */
  onRight(value: R, context: TimerlessContext<K, S, O>): InTurn;
  /** Left out: then no timer may be set. */
  readonly onTimer?: never;
}
