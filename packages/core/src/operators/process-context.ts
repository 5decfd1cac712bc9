import type { StateDescriptors, StateHandles } from "../state/descriptors.ts";
import type { SideOutput } from "./side-output.ts";
import { bindMethods } from "./bind-methods.ts";
import { callHasEnded } from "./callbacks.ts";
import type { BatchBuffer } from "./batch-buffer.ts";
import { NO_TIMESTAMP } from "../time/timestamps.ts";

/** The timers behind a {@link ProcessContext}. */
export interface ProcessTimers {
  setEventTimer(time: number): void;
  deleteEventTimer(time: number): void;
  setProcessingTimer(time: number): void;
  deleteProcessingTimer(time: number): void;
  now(): number;
  /** The event time that the current key has reached. */
  eventTime(): number;
}

/** What a keyed process sees while it is called. Everything is about the current key, and valid only during the call; methods may be taken out of it: `(value, { emit }) => emit(value)`. */
export class ProcessContext<K, S extends StateDescriptors, R> {
  /** The declared states. */
  readonly state: StateHandles<S>;
  readonly #buffer: BatchBuffer;
  readonly #timers: ProcessTimers;
  #key: unknown;
  /** Whether a call is being made. */
  #isOpen = false;
  /** The time stays in its batch until somebody asks for it: a number with a fraction that is handed on is an allocation. */
  #times: readonly number[] | undefined;
  #at = 0;
  /** That of a call which no record of a batch is the cause of. */
  #time = NO_TIMESTAMP;

  /** For the engine. */
  constructor(state: StateHandles<S>, buffer: BatchBuffer, timers: ProcessTimers) {
    this.state = state;
    this.#buffer = buffer;
    this.#timers = timers;
    bindMethods<ProcessContext<K, S, R>>(this, "emit", "output", "now");
    bindMethods<ProcessContext<K, S, R>>(this, "setEventTimer", "deleteEventTimer");
    bindMethods<ProcessContext<K, S, R>>(this, "setProcessingTimer", "deleteProcessingTimer");
  }

  /** The current key. */
  get key(): K {
    return this.#key as K;
  }

  /** The record's time, or the timer's, in milliseconds since the epoch. */
  get timestamp(): number {
    return this.#times === undefined ? this.#time : (this.#times[this.#at] as number);
  }

  /** The event time reached: no record at or before it follows, but for late ones. */
  get watermark(): number {
    return this.#timers.eventTime();
  }

  /** Processing time, in milliseconds since the epoch. Results that depend on it depend on timing. */
  now(): number {
    return this.#timers.now();
  }

  /**
   * Emits a result, at the current time.
   *
   * @throws {TypeError} after the call.
   */
  emit(value: R): void {
    if (!this.#isOpen) throw callHasEnded();
    if (this.#times === undefined) this.#buffer.emit(value, this.#time);
    else this.#buffer.emitAt(value, this.#times, this.#at);
  }

  /**
   * Emits a value into a side output.
   *
   * @throws {TypeError} after the call.
   */
  output<V>(tag: SideOutput<V>, value: V): void {
    if (!this.#isOpen) throw callHasEnded();
    this.#buffer.emitSide(tag.name, value, this.timestamp);
  }

  /** Sets a timer that is due when the watermark reaches `time`. Setting it again changes nothing. */
  setEventTimer(time: number): void {
    this.#timers.setEventTimer(finite(time));
  }

  /** Takes a timer back. */
  deleteEventTimer(time: number): void {
    this.#timers.deleteEventTimer(finite(time));
  }

  /** Sets a timer that is due when processing time reaches `time`. Setting it again changes nothing. */
  setProcessingTimer(time: number): void {
    this.#timers.setProcessingTimer(finite(time));
  }

  /** Takes a timer back. */
  deleteProcessingTimer(time: number): void {
    this.#timers.deleteProcessingTimer(finite(time));
  }

  /** For the engine: the key of the next call, and where its time is. */
  enter(key: unknown, times: readonly number[] | undefined, at: number): void {
    this.#isOpen = true;
    this.#key = key;
    this.#times = times;
    this.#at = at;
  }

  /** As {@link enter}, for a call that has a time of its own. */
  enterAt(key: unknown, time: number): void {
    this.enter(key, undefined, 0);
    this.#time = time;
  }

  /** For the engine: the call has ended. */
  leave(): void {
    this.#isOpen = false;
  }
}

function finite(time: number): number {
  if (!Number.isFinite(time)) throw new RangeError(`Cannot set a timer for ${time}: the time must be a finite number`);
  return time;
}
