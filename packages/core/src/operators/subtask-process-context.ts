import { ConfigurationError } from "../errors.ts";
import type { Misuse } from "../misuse.ts";
import { shown } from "../shown.ts";
import { isTimestamp, NO_TIMESTAMP } from "../time/timestamps.ts";
import { bindMethods } from "./bind-methods.ts";
import type { BatchBuffer } from "./batch-buffer.ts";
import { callHasEnded } from "./callbacks.ts";
import type { OperatorContext } from "./operator.ts";
import type { SideOutput } from "./side-output.ts";

/**
 * What a process without keys sees while it is called. Valid only during the call.
 *
 * @typeParam H the handles of its states. @typeParam R the results.
 */
export class SubtaskProcessContext<H, R> {
  /** The declared states of this subtask. */
  readonly state: H;
  /** The number of this subtask, from 0. */
  readonly subtask: number;
  /** How many subtasks run the step. */
  readonly parallelism: number;
  readonly #now: () => number;
  readonly #buffer: BatchBuffer;
  #timestamp = NO_TIMESTAMP;
  #watermark = NO_TIMESTAMP;
  /** Whether a call is being made. */
  #isOpen = false;

  /** For the engine. */
  constructor(state: H, buffer: BatchBuffer, { env, subtask, parallelism }: OperatorContext) {
    this.state = state;
    this.subtask = subtask;
    this.parallelism = parallelism;
    this.#buffer = buffer;
    this.#now = () => env.now();
    bindMethods<SubtaskProcessContext<H, R>>(this, "emit", "output", "now");
  }

  /** The record's time in milliseconds since the epoch; -Infinity if it has none, and at the end of the input. */
  get timestamp(): number {
    return this.#timestamp;
  }

  /** The event time reached: no record at or before it follows, but for late ones. */
  get watermark(): number {
    return this.#watermark;
  }

  /** Processing time, in milliseconds since the epoch. Results that depend on it depend on timing. */
  now(): number {
    return this.#now();
  }

  /**
   * Emits a result, at the current time or another one: what was kept may be emitted at its own.
   *
   * @throws {RangeError} if the time is no finite number of milliseconds.
   * @throws {TypeError} after the call.
   */
  emit(value: R, timestamp: number = this.#timestamp): void {
    if (!this.#isOpen) throw callHasEnded();
    this.#buffer.emit(value, checked(timestamp));
  }

  /**
   * Emits a value into a side output.
   *
   * @throws {TypeError} after the call.
   */
  output<V>(tag: SideOutput<V>, value: V, timestamp: number = this.#timestamp): void {
    if (!this.#isOpen) throw callHasEnded();
    this.#buffer.emitSide(tag.name, value, checked(timestamp));
  }

  /** Timers belong to keys. @throws {ConfigurationError} KEY_MISSING */
  setEventTimer(
    ..._misuse: readonly Misuse<"This step has no keys, and timers belong to keys. Put keyBy(...) before process(...).">[]
  ): never {
    throw timerWithoutKey();
  }

  /** Timers belong to keys. @throws {ConfigurationError} KEY_MISSING */
  setProcessingTimer(
    ..._misuse: readonly Misuse<"This step has no keys, and timers belong to keys. Put keyBy(...) before process(...).">[]
  ): never {
    throw timerWithoutKey();
  }

  /** For the engine: the times of the next call. */
  enter(timestamp: number, watermark: number): void {
    this.#isOpen = true;
    this.#timestamp = timestamp;
    this.#watermark = watermark;
  }

  /** For the engine: the call has ended. */
  leave(): void {
    this.#isOpen = false;
  }
}

/** The error of a timer where no key is current. */
export function timerWithoutKey(): ConfigurationError {
  return new ConfigurationError(
    "KEY_MISSING",
    "Cannot set a timer here: timers belong to keys, and there is none. Put keyBy(...) before the step, or set it for a record that has a key",
  );
}

function checked(timestamp: number): number {
  if (isTimestamp(timestamp)) return timestamp;
  throw new RangeError(`Cannot emit at ${shown(timestamp)}: the time must be a finite number of milliseconds`);
}
