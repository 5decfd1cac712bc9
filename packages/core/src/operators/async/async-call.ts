import type { Env } from "../../env/env.ts";
import { TidemarkError } from "../../errors.ts";
import { userCodeError } from "../user-code.ts";
import { type AsyncSettings, pauseBefore } from "./async-settings.ts";

/** What messages and dead letters call the function. */
export const CALL = "asyncMap";

/** What a call is made of. */
export interface AsyncCallOptions {
  readonly env: Env;
  readonly operatorId: string;
  readonly settings: AsyncSettings;
  /** The record, for a try or for the handler of timeouts. */
  readonly input: () => unknown;
  readonly timestamp: number;
}

/** One call of an asynchronous function, with all its tries. What ends it first counts; nothing after that does. */
export class AsyncCall {
  /** The result, or why there is none. Never settles if the call is cancelled. */
  readonly result: Promise<unknown>;
  readonly #options: AsyncCallOptions;
  readonly #controller = new AbortController();
  #resolve: (value: unknown) => void = () => undefined;
  #reject: (error: unknown) => void = () => undefined;
  #attempt = 0;
  #isOver = false;
  readonly #cancelTimeout: () => void;
  #cancelPause: () => void = () => undefined;

  constructor(options: AsyncCallOptions) {
    this.#options = options;
    this.result = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    const { env, settings } = options;
    this.#cancelTimeout = env.schedule(settings.timeoutMs, () => this.#timedOut());
    this.#try();
  }

  /** Forgets the call: the job goes down. */
  cancel(): void {
    if (!this.#end()) return;
    this.#controller.abort();
  }

  #try(): void {
    const { settings, input } = this.#options;
    this.#attempt++;
    const context = { signal: this.#controller.signal, attempt: this.#attempt };
    // A function that throws at once has failed like one whose promise is rejected.
    const tried = new Promise((resolve) => {
      resolve(settings.call(input(), context));
    });
    tried.then(
      (value) => this.#succeeded(value),
      (error: unknown) => this.#failed(error),
    );
  }

  #succeeded(value: unknown): void {
    if (this.#end()) this.#resolve(value);
  }

  #failed(error: unknown): void {
    if (this.#isOver) return;
    const { env, settings } = this.#options;
    const { retry } = settings;
    try {
      if (retry !== undefined && this.#attempt <= retry.attempts && retry.when(error)) {
        const pauseMs = pauseBefore(this.#attempt + 1, retry, () => env.random());
        this.#cancelPause = env.schedule(pauseMs, () => this.#try());
        return;
      }
    } catch (thrown) {
      if (this.#end()) this.#reject(this.#failure(thrown, "retry.when"));
      return;
    }
    if (this.#end()) this.#reject(this.#failure(error, CALL));
  }

  #timedOut(): void {
    if (!this.#end()) return;
    const { settings, operatorId, input } = this.#options;
    const { timeoutMs, onTimeout } = settings;
    const error = new TidemarkError(
      "TIMEOUT",
      `Cannot go on: a call of "${operatorId}" did not end within its timeout of ${timeoutMs} ms (try ${this.#attempt})`,
      { details: { operator: operatorId, timeoutMs, attempt: this.#attempt }, retryable: true },
    );
    this.#controller.abort(error);
    if (onTimeout === undefined) {
      this.#reject(error);
      return;
    }
    try {
      this.#resolve(onTimeout(input()));
    } catch (thrown) {
      this.#reject(this.#failure(thrown, "onTimeout"));
    }
  }

  #failure(error: unknown, call: string): Error {
    const { operatorId, input, timestamp } = this.#options;
    return userCodeError(error, operatorId, call, { kind: "record", record: input(), timestamp });
  }

  /** Whether this is the first end. */
  #end(): boolean {
    if (this.#isOver) return false;
    this.#isOver = true;
    this.#cancelTimeout();
    this.#cancelPause();
    return true;
  }
}
