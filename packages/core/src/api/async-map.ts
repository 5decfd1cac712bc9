import { asyncMapOperator, ASYNC_SLOTS } from "../operators/async/async-map.ts";
import {
  type AsyncContext,
  type AsyncRetry,
  type AsyncSettings,
  invalid,
  retrySettings,
} from "../operators/async/async-settings.ts";
import { type Duration, durationMs } from "../time/duration.ts";
import { type AnyStream, attach } from "./attach.ts";
import type { AnyStepOptions } from "./graph-draft.ts";
import type { Guarantee } from "./guarantee.ts";
import type { AtomicStepOptions } from "./step-options.ts";
import type { Stream } from "./streams/stream.ts";

/** How {@link asyncMap} calls its function. */
export interface AsyncMapOptions<T, R> extends AtomicStepOptions<T> {
  /**
   * `"ordered"`: results go on in the order of the records. `"unordered"`: each goes on when it is there, but never past a
   * watermark; which one comes first then depends on timing. Default: `"ordered"`.
   */
  readonly order?: "ordered" | "unordered";
  /**
   * For how many records at once a subtask waits; then it reads no further. Only what comes before a checkpoint's barrier may
   * be taken in beyond it, up to 4096 records, to be called for when there is room. Default: 100.
   */
  readonly capacity?: number;
  /** How long a call may take, with all its tries and the pauses between them. Default: `"1m"`. */
  readonly timeout?: Duration;
  /** What goes on for a record whose call has timed out. Without it that is a failure, with TIMEOUT. */
  readonly onTimeout?: (value: T) => R;
  /** Tries a call again that failed. Default: it is made once. */
  readonly retry?: AsyncRetry;
}

/** The most records that one subtask may wait for: all of them are part of each checkpoint. */
const CAPACITY_MAX = 100_000;

/**
 * A step that calls an asynchronous function for each record, many at a time, and hands on what its promises resolve to: for
 * `fetch`, a database, a model. Put it behind a stream, with or without keys, by `pipe`, whose id is its own.
 *
 * The records whose results have not gone on are part of each checkpoint, and the function is called for them again after a
 * restore: a call may be made more than once, so it should be one that may. Records must be plain data. What the function
 * changes in the record it is given reaches nobody. A savepoint keeps the records too, under the step's id, and a rescale
 * deals them out anew, those of a keyed stream by key.
 *
 * @param call given a record, and a signal that is aborted when nobody waits any more.
 * @throws {ConfigurationError} OPTION_INVALID.
 *
 * @example
 * ```ts
 * import { pipeline } from "@tidemark/core";
 * import { asyncMap } from "@tidemark/core/async";
 * import { fromArray } from "@tidemark/connectors/iterable";
 *
 * const lookUp = async (code: string): Promise<string> => (code === "OSL" ? "Oslo" : "somewhere");
 *
 * pipeline("airports")
 *   .source("codes", fromArray(["OSL", "JFK"]))
 *   .pipe(
 *     "names",
 *     asyncMap(async (code) => ({ code, name: await lookUp(code) }), { capacity: 20, timeout: "5s", retry: { attempts: 2 } }),
 *   );
 * ```
 */
export function asyncMap<T, R>(
  call: (value: T, context: AsyncContext) => PromiseLike<R>,
  options: AsyncMapOptions<T, NoInfer<R>> = {},
): <G extends Guarantee>(stream: AnyStream<T, G>) => Stream<R, G> {
  const settings = settingsOf(call as AsyncSettings["call"], options as AsyncMapOptions<unknown, unknown>);
  const { isOrdered, onTimeout } = settings;
  const timing = [
    ...(isOrdered ? [] : ["results as they come"]),
    ...(onTimeout === undefined ? [] : ["timeouts with a handler"]),
  ];
  return <G extends Guarantee>(stream: AnyStream<T, G>) =>
    attach(stream as AnyStream<never, G>, {
      label: `asyncMap ${isOrdered ? "ordered" : "unordered"}, up to ${settings.capacity} at once`,
      timing: timing.length === 0 ? undefined : timing.join(", "),
      slots: ASYNC_SLOTS,
      options: options as AnyStepOptions,
      create: (id, keyOf) => asyncMapOperator(id, keyOf, settings),
    }) as Stream<R, G>;
}

function settingsOf(call: AsyncSettings["call"], options: AsyncMapOptions<unknown, unknown>): AsyncSettings {
  const { order = "ordered", capacity = 100, timeout = "1m", onTimeout, retry } = options;
  if (typeof call !== "function") throw invalid("function", call, "a function from a record to a promise");
  if (order !== "ordered" && order !== "unordered") throw invalid("order", order, '"ordered" or "unordered"');
  if (!Number.isSafeInteger(capacity) || capacity < 1 || capacity > CAPACITY_MAX) {
    throw invalid("capacity", capacity, `a whole number from 1 to ${CAPACITY_MAX}`);
  }
  const timeoutMs = durationMs(timeout, "timeout");
  if (timeoutMs === 0) throw invalid("timeout", timeout, "at least 1 ms");
  if (onTimeout !== undefined && typeof onTimeout !== "function") {
    throw invalid("onTimeout", onTimeout, "a function from a record to a result");
  }
  return {
    call,
    isOrdered: order === "ordered",
    capacity,
    timeoutMs,
    onTimeout,
    retry: retry === undefined ? undefined : retrySettings(retry),
  };
}
