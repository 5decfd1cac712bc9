import { type ErrorCode, isTidemarkError, messageOf } from "../errors.ts";
import type { TimeWindow } from "../time/windows.ts";
import type { BatchBuffer } from "./batch-buffer.ts";
import type { CallSubject } from "./call-subject.ts";
import type { OperatorContext } from "./operator.ts";
import { userCodeError } from "./user-code.ts";

/**
 * What a step could not handle, as it comes out of its dead-letter output. Nothing of the call that threw remains: no state,
 * no timer, no result.
 *
 * @typeParam T the records of the step. @typeParam K their key.
 */
export interface StepDeadLetter<T = unknown, K = unknown> {
  /** What the step was called for: a record, a timer that was due, or a window that was fired. */
  readonly kind: "record" | "timer" | "window";
  /** The id of the step. */
  readonly operator: string;
  /** Which of its functions threw: `"map"`, `"onRecord"`, `"onTimer"`. */
  readonly call: string;
  /** What was thrown. */
  readonly error: LetterError;
  /** The time of the record (-Infinity: it has none), or that at which the timer or the window was due, in milliseconds since the epoch. */
  readonly timestamp: number;
  /** The record, of that kind. */
  readonly record?: T;
  /** The key of a timer or a window. */
  readonly key?: K;
  /** The window that was fired. What it held is gone, as after any firing. */
  readonly window?: TimeWindow;
}

/** What was thrown, as a record. */
export interface LetterError {
  /** The name of its class. */
  readonly name: string;
  /** Its message. */
  readonly message: string;
  /** Its own `code`, if it has one that is text; otherwise `"USER_CODE"`. */
  readonly code: string;
}

/** What a record may be the cause of. With all others the job cannot go on, whatever becomes of the record. */
const OF_RECORDS: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "USER_CODE",
  "KEY_UNSUPPORTED",
  "VALUE_UNSUPPORTED",
  "OPTION_INVALID",
  "STATE_NO_KEY",
  "TIMEOUT",
]);

/** The most characters of a message that go into a dead letter. */
const MESSAGE_MAX = 1_000;

/** The most results of one call that are held to be taken back. */
const HELD_RESULTS_MAX = 65_536;

/** @throws {RangeError} if one call has more results than are held until it is through: it becomes a dead letter. */
export function checkHeld(results: number): void {
  if (results <= HELD_RESULTS_MAX) return;
  throw new RangeError(
    `One record makes more than ${HELD_RESULTS_MAX} results: they cannot be held until it is through`,
  );
}

/** Sets aside what a step cannot handle. */
export class DeadLetters {
  readonly #operatorId: string;
  readonly #tag: string;
  readonly #buffer: BatchBuffer;
  readonly #count: (call: string) => void;

  /**
   * @param buffer takes the letters; its owner flushes it.
   * @returns `undefined` if the step has no such output: then what throws fails the job.
   */
  static of(operatorId: string, context: OperatorContext, buffer: BatchBuffer): DeadLetters | undefined {
    const { deadLetters } = context;
    const count = (call: string): void => context.deadLettered(call);
    return deadLetters === undefined ? undefined : new DeadLetters(operatorId, deadLetters, buffer, count);
  }

  constructor(operatorId: string, tag: string, buffer: BatchBuffer, count: (call: string) => void) {
    this.#operatorId = operatorId;
    this.#tag = tag;
    this.#buffer = buffer;
    this.#count = count;
  }

  /**
   * Sets aside what a call was for.
   *
   * @param call the function that threw, unless the error itself says which.
   * @throws what was thrown, if the job cannot go on with it.
   */
  add(error: unknown, call: string, subject: CallSubject): void {
    const failure = userCodeError(error, this.#operatorId, call, subject);
    if (!isTidemarkError(failure) || !OF_RECORDS.has(failure.code)) throw failure;
    const { details } = failure;
    const letter: StepDeadLetter = {
      operator: this.#operatorId,
      call: typeof details["call"] === "string" ? details["call"] : call,
      error: asRecord(failure.code === "USER_CODE" ? failure.cause : failure),
      ...subject,
    };
    this.#buffer.emitSide(this.#tag, letter, subject.timestamp);
    this.#count(letter.call);
  }
}

function asRecord(error: unknown): LetterError {
  const { name, code } = error instanceof Error ? (error as Error & { readonly code?: unknown }) : {};
  return {
    name: typeof name === "string" ? name : typeof error,
    message: messageOf(error).slice(0, MESSAGE_MAX),
    code: typeof code === "string" ? code : "USER_CODE",
  };
}
