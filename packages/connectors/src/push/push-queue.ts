import { ConnectorError, messageOf, type RejectedRecord } from "@tidemark/core";

import { Signal } from "../shared/signal.ts";
import type { PushChannel } from "./push-channel.ts";

/** How much a {@link PushQueue} takes. */
export interface PushLimits<T> {
  /** Records that are held at most. */
  readonly recordsMax: number;
  /** Bytes that are held at most, one record alone apart. */
  readonly bytesMax: number;
  /** Calls of `push` that wait at most. */
  readonly waitingMax: number;
  /** The size of a record in bytes. Default: none has any. */
  readonly sizeOf: ((value: T) => number) | undefined;
}

/** What was pushed, and where to go on after it. */
export type Pushed<T, Position> = { readonly position: Position; readonly bytes: number } & (
  | { readonly value: T; readonly rejected?: undefined }
  | { readonly rejected: RejectedRecord }
);

interface Waiting<T, Position> {
  readonly pushed: Pushed<T, Position>;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** How the client has ended: by saying so, or by a failure. */
type End = { readonly failure?: ConnectorError };

const TAKEN = Promise.resolve();

/** Holds what was pushed until it is polled; beyond its limits who pushes waits, in the order of the calls. */
export class PushQueue<T, Position> implements PushChannel<T, Position> {
  readonly available: Signal = new Signal();
  readonly #name: string;
  readonly #limits: PushLimits<T>;
  readonly #needsPosition: boolean;
  readonly #closing = new AbortController();
  #held: Pushed<T, Position>[] = [];
  #heldBytes = 0;
  #waiting: Waiting<T, Position>[] = [];
  #end: End | undefined;

  /** @param needsPosition whether a record without a position is refused. */
  constructor(name: string, limits: PushLimits<T>, needsPosition: boolean) {
    this.#name = name;
    this.#limits = limits;
    this.#needsPosition = needsPosition;
  }

  get signal(): AbortSignal {
    return this.#closing.signal;
  }

  /** Whether everything was taken and no more will come. */
  get finished(): boolean {
    return this.#end !== undefined && this.#end.failure === undefined && this.#isEmpty;
  }

  get #isEmpty(): boolean {
    return this.#held.length === 0 && this.#waiting.length === 0;
  }

  push(value: T, position: Position): Promise<void> {
    return this.#enter(() => this.#valid(value, position));
  }

  reject(rejected: RejectedRecord, position: Position): Promise<void> {
    return this.#enter(() => ({ rejected, position: this.#validPosition(position), bytes: 0 }));
  }

  tryPush(value: T, position: Position): boolean {
    if (this.signal.aborted) return false;
    if (this.#end !== undefined) throw this.#over();
    const pushed = this.#orRefuse(() => this.#valid(value, position));
    if (this.#waiting.length > 0 || !this.#hasRoom(pushed.bytes)) return false;
    this.#hold(pushed);
    return true;
  }

  end(): void {
    this.#ended({});
  }

  fail(error: unknown): void {
    this.#ended({ failure: this.#failed(error) });
  }

  /** Takes at most `limit` of what is held, and lets those in who wait. */
  take(limit: number): readonly Pushed<T, Position>[] {
    const taken = this.#held.splice(0, limit);
    for (const { bytes } of taken) this.#heldBytes -= bytes;
    this.#admit();
    if (taken.length === 0) this.available.clear();
    this.#tellEnd();
    return taken;
  }

  /** Takes no more, and sends those away who wait. */
  close(): void {
    if (this.signal.aborted) return;
    this.#closing.abort(this.#closed());
    for (const { reject } of this.#waiting.splice(0)) reject(this.#closed());
  }

  #enter(valid: () => Pushed<T, Position>): Promise<void> {
    if (this.signal.aborted) return quiet(Promise.reject(this.#closed()));
    if (this.#end !== undefined) return Promise.reject(this.#over());
    let pushed;
    try {
      pushed = this.#orRefuse(valid);
    } catch (error) {
      return quiet(Promise.reject(error));
    }
    if (this.#waiting.length === 0 && this.#hasRoom(pushed.bytes)) {
      this.#hold(pushed);
      return TAKEN;
    }
    return this.#wait(pushed);
  }

  #wait(pushed: Pushed<T, Position>): Promise<void> {
    if (this.#waiting.length >= this.#limits.waitingMax) return quiet(Promise.reject(this.#refused(this.#overrun())));
    return quiet(new Promise((resolve, reject) => this.#waiting.push({ pushed, resolve, reject })));
  }

  /** What is larger than all there is room for is held alone: otherwise it could never be. */
  #hasRoom(bytes: number): boolean {
    const { recordsMax, bytesMax } = this.#limits;
    return this.#held.length === 0 || (this.#held.length < recordsMax && this.#heldBytes + bytes <= bytesMax);
  }

  #hold(pushed: Pushed<T, Position>): void {
    this.#held.push(pushed);
    this.#heldBytes += pushed.bytes;
    if (this.#held.length === 1) this.available.notify();
  }

  #admit(): void {
    for (;;) {
      const next = this.#waiting[0];
      if (next === undefined || !this.#hasRoom(next.pushed.bytes)) return;
      this.#waiting.shift();
      this.#hold(next.pushed);
      next.resolve();
    }
  }

  #ended(end: End): void {
    if (this.#end !== undefined || this.signal.aborted) return;
    this.#end = end;
    this.#tellEnd();
  }

  /** The end comes behind all that was pushed before it. */
  #tellEnd(): void {
    if (this.#end === undefined || !this.#isEmpty) return;
    if (this.#end.failure === undefined) this.available.notify();
    else this.available.fail(this.#end.failure);
  }

  #valid(value: T, position: Position): Pushed<T, Position> {
    if (value === undefined) throw this.#invalid("its record is undefined");
    const bytes = this.#limits.sizeOf?.(value) ?? 0;
    if (!(bytes >= 0 && bytes < Infinity)) throw this.#invalid(`the size of its record is ${String(bytes)}`);
    return { value, position: this.#validPosition(position), bytes };
  }

  #validPosition(position: Position): Position {
    if (this.#needsPosition && position === undefined) throw this.#invalid("it has no position to go on from");
    return position;
  }

  /** A record that is refused is missing from now on: nothing may come after it. */
  #orRefuse(valid: () => Pushed<T, Position>): Pushed<T, Position> {
    try {
      return valid();
    } catch (error) {
      throw this.#refused(error instanceof ConnectorError ? error : this.#failed(error));
    }
  }

  #refused(failure: ConnectorError): ConnectorError {
    this.#ended({ failure });
    return failure;
  }

  #failed(error: unknown): ConnectorError {
    if (error instanceof ConnectorError) return error;
    return new ConnectorError("SOURCE_IO", `Cannot read ${this.#name}: ${messageOf(error)}`, { cause: error });
  }

  #invalid(reason: string): ConnectorError {
    return new ConnectorError("PUSH_INVALID", `Cannot take what ${this.#name} pushes: ${reason}`);
  }

  #overrun(): ConnectorError {
    const { waitingMax } = this.#limits;
    return new ConnectorError(
      "PUSH_OVERRUN",
      `Cannot take what ${this.#name} pushes: ${waitingMax} calls of push wait already, and it goes on without waiting`,
      { details: { waitingMax } },
    );
  }

  #over(): ConnectorError {
    return new ConnectorError("PUSH_CLOSED", `Cannot push to ${this.#name}: it has said that nothing more comes`);
  }

  #closed(): ConnectorError {
    return new ConnectorError(
      "PUSH_CLOSED",
      `Cannot push to ${this.#name}: its job is over, or starts again with another client`,
    );
  }
}

/** The failure is told elsewhere: a promise that nobody looks at is not to end the process. */
function quiet(promise: Promise<void>): Promise<void> {
  promise.catch(() => undefined);
  return promise;
}
