/**
 * How the functions of an aggregate that take something in are called. The next record goes on from what one gives: one that gives
 * nothing, because it forgot to return, is told of at once and by name.
 *
 * @module
 */
import type { AnyAggregate } from "./aggregate-function.ts";

/**
 * The accumulator with one more record in it.
 *
 * @param part the aggregate's name among several.
 */
export function addTo(aggregate: AnyAggregate, accumulator: unknown, value: unknown, part?: string): unknown {
  const next = aggregate.add(accumulator, value);
  return next === undefined ? nothingGiven(aggregate, "add", part) : next;
}

/** One accumulator with all that is in another. */
export function mergeInto(aggregate: AnyAggregate, into: unknown, from: unknown, part?: string): unknown {
  const next = aggregate.merge?.(into, from);
  return next === undefined ? nothingGiven(aggregate, "merge", part) : next;
}

/** Accumulators that are undefined from the beginning on may be so again. */
function nothingGiven(aggregate: AnyAggregate, call: string, part: string | undefined): undefined {
  if (aggregate.create() === undefined) return undefined;
  const what = part === undefined ? call : `${part}.${call}`;
  throw new TypeError(`${what}(...) gave undefined. Return the accumulator`);
}
