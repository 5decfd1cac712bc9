import type { InTurn } from "../../../misuse.ts";
import type { TimeWindow } from "../../../time/windows.ts";

/**
 * What is to be done with a window now: nothing; emit its result; forget what is in it; or both, the result first. A window
 * that is forgotten goes on and can be filled again.
 */
export type TriggerResult = "continue" | "fire" | "purge" | "fire-and-purge";

/** What a trigger sees. Everything is about the current key and window, and valid only during the call. */
export interface TriggerContext<S = unknown> {
  /** The key whose window it is. */
  readonly key: unknown;
  /** The window as it is now. */
  readonly window: TimeWindow;
  /** The time at which the window is complete. `Infinity` for one that never is. */
  readonly maxTimestamp: number;
  /** The event time reached. */
  readonly watermark: number;
  /** Processing time, in milliseconds since the epoch; `Infinity` when all input has ended. */
  now(): number;
  /** What the trigger keeps for this window. Do not change it in place: use {@link set}. */
  get(): S;
  /** Keeps something for this key and window. What it began with takes no room. */
  set(next: S): void;
  /** Has `onEventTime` called when the watermark reaches `time`. Setting it again changes nothing. */
  setEventTimer(time: number): void;
  /** Takes a timer back. One that is not set is no error. */
  deleteEventTimer(time: number): void;
  /** Has `onProcessingTime` called when processing time reaches `time`. Setting it again changes nothing. */
  setProcessingTimer(time: number): void;
  /** Takes a timer back. One that is not set is no error. */
  deleteProcessingTimer(time: number): void;
}

/** What a trigger keeps for each key and window. It is keyed state, and goes when the window does. */
export interface TriggerState<S> {
  /** What `get()` gives while nothing was written. Must not be changed in place. */
  readonly initial: S;
  /** The state of two session windows that become one. Without it the trigger cannot be used with such. */
  merge?(into: S, from: S): S;
}

/**
 * Decides when a window emits its result. Timers that a trigger sets, and its state, are forgotten with the window. It may
 * be told of times for which it has set no timer: the end of the window, and that of its lateness.
 *
 * @typeParam T the records. @typeParam S what it keeps for each window.
 */
export interface TriggerRules<T = unknown, S = unknown> {
  /** What plans call it. */
  readonly name: string;
  /** Why results may depend on timing, such as `early results`. `undefined`: they do not. */
  readonly timing?: string | undefined;
  /** What it keeps for each key and window. */
  readonly state: TriggerState<S>;
  /** A record has been put into the window. */
  onRecord(value: T, timestamp: number, context: TriggerContext<S>): TriggerResult;
  /** Called when the watermark has reached a timer that it set, or the end of the window. */
  onEventTime(time: number, context: TriggerContext<S>): TriggerResult;
  /** Called when processing time has reached a timer that it set, or the end of the window. */
  onProcessingTime(time: number, context: TriggerContext<S>): TriggerResult;
  /** The window has been merged with others, or grown; timers of the others are gone, and states are merged. */
  onMerge?(context: TriggerContext<S>): InTurn;
}

/** The rules of any trigger, for the engine. */
// oxlint-disable-next-line typescript/no-explicit-any -- what a trigger takes and keeps is its own business
export type AnyTrigger = TriggerRules<any, any>;
