import {
  type Env,
  isTidemarkError,
  type MultipartClient,
  type ObjectClient,
  type ObjectRequest,
  type PutCondition,
  StateError,
  type StoredObject,
} from "@tidemark/core";
import { messageOf } from "@tidemark/core/internal";

/** How often a request that may be repeated is made, all together. */
export const REQUEST_ATTEMPTS = 6;

/** The pause after the first failure; it doubles with each further one. */
export const BACKOFF_FIRST_MS = 100;

/** No pause is longer. */
export const BACKOFF_MAX_MS = 5_000;

/** What {@link Requests} is made of. */
export interface RequestsOptions {
  readonly client: ObjectClient;
  readonly env: Env;
  /** A request that has no answer by then has an unknown outcome. */
  readonly timeoutMs: number;
}

/**
 * The requests of one session. Each has a time limit. Those that may be repeated without harm are, with growing pauses;
 * {@link Requests.put} is not, since its answer may have been lost and not its effect.
 */
export class Requests {
  readonly #client: ObjectClient;
  readonly #env: Env;
  readonly #timeoutMs: number;
  readonly #sleepers = new Set<() => void>();
  #isClosed = false;

  constructor(options: RequestsOptions) {
    this.#client = options.client;
    this.#env = options.env;
    this.#timeoutMs = options.timeoutMs;
  }

  /** Whether objects can be written in parts. */
  get multipart(): MultipartClient | undefined {
    return this.#client.multipart;
  }

  /** Reads an object, or a range of it. */
  get(key: string, range?: { readonly offset: number; readonly length: number }): Promise<StoredObject | undefined> {
    return this.#repeated(`read "${key}"`, (signal) => this.#client.get(key, range, { signal }));
  }

  /** Makes a request that does no harm if it takes place twice, until there is an answer. */
  repeated<T>(act: string, attempt: (request: ObjectRequest) => Promise<T>): Promise<T> {
    return this.#repeated(act, (signal) => attempt({ signal }));
  }

  /** One page of keys. */
  list(prefix: string, startAfter: string | undefined): Promise<readonly string[]> {
    return this.#repeated(`list "${prefix}"`, (signal) => this.#client.list(prefix, startAfter, { signal }));
  }

  /** Deletes objects. */
  delete(keys: readonly string[]): Promise<void> {
    return this.#repeated(`delete ${keys.length} objects`, (signal) => this.#client.delete(keys, { signal }));
  }

  /**
   * Writes an object under a condition, once.
   *
   * @throws {StateError} STATE_IO with `retryable: true` if the outcome is unknown.
   */
  put(key: string, bytes: Uint8Array, condition: PutCondition): Promise<string | undefined> {
    return this.#limited(`write "${key}"`, (signal) => this.#client.put(key, bytes, condition, { signal }));
  }

  /**
   * Writes an object, again and again until there is an answer. For callers that can live with a write of their own being
   * what a condition finds.
   */
  putRepeated(key: string, bytes: Uint8Array, condition: PutCondition): Promise<string | undefined> {
    return this.#repeated(`write "${key}"`, (signal) => this.#client.put(key, bytes, condition, { signal }));
  }

  /** Waits before the next attempt: half of the pause for certain, the other half by chance. */
  backoff(attempt: number): Promise<void> {
    const pauseMs = Math.min(BACKOFF_MAX_MS, BACKOFF_FIRST_MS * 2 ** (attempt - 1));
    const delayMs = pauseMs / 2 + this.#env.random() * (pauseMs / 2);
    return new Promise((resolve) => {
      const wake = (): void => {
        cancel();
        this.#sleepers.delete(wake);
        resolve();
      };
      const cancel = this.#env.schedule(delayMs, wake);
      this.#sleepers.add(wake);
      if (this.#isClosed) wake();
    });
  }

  /** From now on nothing is repeated. What is under way goes on. */
  close(): void {
    this.#isClosed = true;
    for (const wake of this.#sleepers) wake();
  }

  async #repeated<T>(act: string, attempt: (signal: AbortSignal) => Promise<T>): Promise<T> {
    for (let attempts = 1; ; attempts++) {
      try {
        return await this.#limited(act, attempt);
      } catch (error) {
        if (!isRetryable(error) || attempts === REQUEST_ATTEMPTS || this.#isClosed) throw error;
      }
      await this.backoff(attempts);
    }
  }

  #limited<T>(act: string, attempt: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const abort = new AbortController();
    return new Promise((resolve, reject) => {
      const cancel = this.#env.schedule(this.#timeoutMs, () => {
        reject(unknownOutcome(`Cannot ${act}: there was no answer within ${this.#timeoutMs} ms`));
        abort.abort();
      });
      attempt(abort.signal).then(
        (answer) => {
          cancel();
          resolve(answer);
        },
        (error: unknown) => {
          cancel();
          // A client that throws something of its own has said nothing of the outcome.
          reject(isTidemarkError(error) ? error : unknownOutcome(`Cannot ${act}: ${messageOf(error)}`, error));
        },
      );
    });
  }
}

/** Whether the outcome of what failed is unknown, so that it can be asked for or tried again. */
export function isRetryable(error: unknown): boolean {
  return isTidemarkError(error) && error.retryable;
}

function unknownOutcome(message: string, cause?: unknown): StateError {
  return new StateError("STATE_IO", message, { cause, retryable: true });
}
