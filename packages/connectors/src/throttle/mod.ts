/**
 * Slows a source down, for demonstrations, load tests and gentle backfills.
 *
 * @example
 * ```ts
 * import { ndjsonSource } from "@tidemark/connectors/file";
 * import { throttle } from "@tidemark/connectors/throttle";
 *
 * const source = throttle(ndjsonSource<{ readonly id: number }>("orders.ndjson"), { recordsPerSecond: 1_000 });
 * ```
 *
 * @module
 */
import type { Source, SourceSplit } from "@tidemark/core";

import { rateOption } from "../shared/options.ts";
import { ThrottledReader } from "./throttled-reader.ts";

/** Options of {@link throttle}. */
export interface ThrottleOptions {
  /**
   * The largest number of records in a second, of all readers together: each of the subtasks has an equal share, whether
   * it has something to read or not.
   */
  readonly recordsPerSecond: number;
}

/**
 * Gives the records of a source no faster than asked for. Splits, positions and what the source promises stay the same,
 * so it can be put on and taken off between two runs. Only the pace depends on the clock, never the records.
 *
 * @typeParam T what the source reads.
 * @param source the source to slow down.
 * @throws {ConfigurationError} OPTION_INVALID if the rate is not above zero.
 */
export function throttle<T, Split extends SourceSplit, State, Replayable extends boolean>(
  source: Source<T, Split, State, Replayable>,
  options: ThrottleOptions,
): Source<T, Split, State, Replayable> {
  const rate = rateOption("recordsPerSecond", options.recordsPerSecond);
  return {
    name: source.name,
    replayable: source.replayable,
    bounded: source.bounded,
    hasOneSplit: source.hasOneSplit ?? false,
    createEnumerator: (context, restored) => source.createEnumerator(context, restored),
    createReader: (context) =>
      new ThrottledReader(source.createReader(context), context.env, rate / context.parallelism),
    remaining: (split) => source.remaining?.(split) ?? Promise.resolve(undefined),
  };
}
