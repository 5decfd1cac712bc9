import type { StateDescriptors, StateHandles } from "../state/descriptors.ts";
import type { OperatorStates } from "../state/operator-state/operator-states.ts";
import type { BatchBuffer } from "./batch-buffer.ts";
import type { CallSubject } from "./call-subject.ts";
import { checkHeld } from "./dead-letters.ts";
import type { KeySelector } from "./keyed-state.ts";
import { ProcessContext, type ProcessTimers } from "./process-context.ts";

/** What an operator with keyed state does, as the engine sees it: one set of states and timers, and any number of inputs. */
export interface KeyedWork {
  readonly state: StateDescriptors;
  /** What its subtask keeps besides keys, and what records see of it beside their states. */
  readonly operatorStates?: OperatorStates;
  /** By the number of the input. */
  readonly inputs: readonly KeyedInput[];
  /** Called when a timer of the current key is due. Without it none may be set. */
  readonly onTimer?: ((time: number, context: KeyedContext) => unknown) | undefined;
}

/** One input of an operator with keyed state. */
export interface KeyedInput {
  /** The function that gets its records, for messages. */
  readonly name: string;
  /** `undefined`: its records have no key, and no state by key. */
  readonly keyOf: KeySelector | undefined;
  readonly handler: RecordHandler;
}

/** What is done with the records of an input. */
export interface RecordHandler {
  onRecord(value: unknown, context: KeyedContext): unknown;
}

/** A result with the time that it gets. */
export type TimedResult = readonly [value: unknown, timestamp: number];

/** The operator behind a {@link KeyedContext}. */
export interface KeyedHost extends ProcessTimers {
  droppedLate(records: number): void;
  setAside(error: unknown, call: string, subject: CallSubject): void;
}

/** What {@link KeyedWork} of the engine's own is given beyond a {@link ProcessContext}. */
export class KeyedContext extends ProcessContext<unknown, StateDescriptors, unknown> {
  readonly #buffer: BatchBuffer;
  readonly #host: KeyedHost;
  #results: Iterator<TimedResult> | undefined;

  constructor(state: StateHandles<StateDescriptors>, buffer: BatchBuffer, host: KeyedHost) {
    super(state, buffer, host);
    this.#buffer = buffer;
    this.#host = host;
  }

  /**
   * A part of a call has failed, and the rest goes on: what it was for becomes a dead letter.
   *
   * @throws what was thrown, if the step takes none.
   */
  setAside(error: unknown, call: string, subject: CallSubject): void {
    this.#host.setAside(error, call, subject);
  }

  /**
   * Emits results one by one, as there is room for them; nothing else is handled before the last of them. They are made
   * after the call has ended: making them must neither read state nor write it.
   */
  emitAll(results: Iterable<TimedResult>): void {
    this.#results = results[Symbol.iterator]();
  }

  /** The record is too late: it goes to a side output or, without one, is counted. No state may be read after that. */
  tooLate(value: unknown, lateOutput: string | undefined): void {
    if (lateOutput === undefined) this.#host.droppedLate(1);
    else this.#buffer.emitSide(lateOutput, value, this.timestamp);
  }

  /** Whether results are left of a call. */
  get hasResults(): boolean {
    return this.#results !== undefined;
  }

  /** Emits the next of the results that are left. */
  emitNext(): void {
    const next = this.#results?.next();
    if (next === undefined || next.done === true) this.#results = undefined;
    else this.#buffer.emit(next.value[0], next.value[1]);
  }

  /**
   * Emits what is left at once, so that it can be taken back.
   *
   * @throws {RangeError} if it is more than can be held.
   */
  emitRest(): void {
    for (let held = 0; this.hasResults; held++) {
      checkHeld(held);
      this.emitNext();
    }
  }

  /** The call is undone. */
  forgetResults(): void {
    this.#results = undefined;
  }
}
