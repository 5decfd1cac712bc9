import { ConnectorError, type Source } from "@tidemark/core";
import { checkFunction, invalidOption } from "@tidemark/core/internal";

import { FixedSplits, type FixedSplitsState } from "../shared/fixed-splits.ts";
import { countOption } from "../shared/options.ts";
import { FIRST_SPLIT, IterableReader, type IterableSplit } from "./iterable-reader.ts";
import { type Pull, pullFrom, pullStream } from "./pull.ts";

/** Options of the sources in this module. */
export interface IterableSourceOptions {
  /** What messages call the source. Default: a word for what it reads. */
  readonly name?: string;
  /** Whether it has an end. Default: `true`. */
  readonly bounded?: boolean;
  /** How many records may wait to be taken; no more are asked for until some are. Default: 1024. */
  readonly aheadMax?: number;
}

/** A source with one split, whose position is a count of records. */
export type IterableSource<T, Replayable extends boolean> = Source<
  T,
  IterableSplit,
  FixedSplitsState<IterableSplit>,
  Replayable
>;

const AHEAD_MAX = 1024;

function iterableSource<T, Replayable extends boolean>(
  kind: string,
  replayable: Replayable,
  open: (position: number) => Pull<T>,
  options: IterableSourceOptions,
): IterableSource<T, Replayable> {
  const { name = kind, bounded = true } = options;
  const ahead = countOption("aheadMax", options.aheadMax, AHEAD_MAX);
  return {
    name,
    replayable,
    bounded,
    hasOneSplit: true,
    createEnumerator: (context, restored) => new FixedSplits(context, restored, () => Promise.resolve([FIRST_SPLIT])),
    createReader: () => new IterableReader(name, open, ahead),
  };
}

/** Lets something that can be read once be opened once. */
function once<T>(kind: string, open: () => Pull<T>): (position: number) => Pull<T> {
  let opened = false;
  return () => {
    if (opened) {
      throw new ConnectorError(
        "SOURCE_MISSING",
        `Cannot read the ${kind} again: it was read before, and what it gave is gone; ` +
          "to survive a failure use a source that can be read again, such as fromIterable",
      );
    }
    opened = true;
    return open();
  };
}

/**
 * Reads an array. Replayable as long as the array holds the same values.
 *
 * @typeParam T what the array holds.
 */
export function fromArray<T>(values: readonly T[], options: IterableSourceOptions = {}): IterableSource<T, true> {
  if (!Array.isArray(values)) throw invalidOption("fromArray of", values, "it takes an array");
  return {
    ...fromIterable((position) => values.slice(position), { name: "array", ...options }),
    remaining: ({ position }) => Promise.resolve({ records: Math.max(0, values.length - position) }),
  };
}

/**
 * Reads what a function gives from a position on. Replayable, if the function gives the same records every time.
 *
 * @typeParam T what is read.
 * @param from given the number of records to leave out, the records after them.
 * @throws {ConfigurationError} OPTION_INVALID if an option is out of bounds.
 *
 * @example
 * ```ts
 * import { fromIterable } from "@tidemark/connectors/iterable";
 *
 * const squares = fromIterable(function* (position) {
 *   for (let i = position; i < 1_000; i++) yield i * i;
 * });
 * ```
 */
export function fromIterable<T>(
  from: (position: number) => Iterable<T> | AsyncIterable<T>,
  options: IterableSourceOptions = {},
): IterableSource<T, true> {
  checkFunction("fromIterable", from);
  return iterableSource("iterable", true, (position) => pullFrom(from(position)), options);
}

/**
 * Reads an async iterable, such as a Node stream, once. Not replayable: what was read and not worked off is lost with
 * the process, and a failed job cannot start again within it.
 *
 * @typeParam T what is read.
 * @throws {ConfigurationError} OPTION_INVALID if an option is out of bounds.
 */
export function fromAsyncIterable<T>(
  iterable: AsyncIterable<T>,
  options: IterableSourceOptions = {},
): IterableSource<T, false> {
  const open = once("async iterable", () => pullFrom(iterable));
  return iterableSource("async iterable", false, open, options);
}

/**
 * Reads a web stream once. Not replayable: what was read and not worked off is lost with the process, and a failed job
 * cannot start again within it.
 *
 * @typeParam T what is read.
 * @throws {ConfigurationError} OPTION_INVALID if an option is out of bounds.
 */
export function fromStream<T>(
  stream: ReadableStream<T>,
  options: IterableSourceOptions = {},
): IterableSource<T, false> {
  const open = once("stream", () => pullStream(stream));
  return iterableSource("stream", false, open, options);
}
