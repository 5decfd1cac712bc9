/**
 * How the functions of an aggregate are called. The next record goes on from what one gives: one that gives nothing, because it
 * forgot to return, or a promise is told of at once and by name.
 *
 * @module
 */
import type { AnyAggregate } from "../../state/aggregate-function.ts";
import { inTurn } from "../callbacks.ts";

/** A new accumulator with a record in it. */
export function addFirst(aggregate: AnyAggregate, value: unknown): unknown {
  // Of each accumulator this is looked at: a function that gives promises gives them all the time.
  return inTurn(addTo(aggregate, aggregate.create(), value));
}

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

/** What an accumulator stands for. */
export function resultOf(aggregate: AnyAggregate, accumulator: unknown): unknown {
  return inTurn(aggregate.result(accumulator));
}

/** Accumulators that are undefined from the beginning on may be so again. */
function nothingGiven(aggregate: AnyAggregate, call: string, part: string | undefined): undefined {
  if (aggregate.create() === undefined) return undefined;
  const what = part === undefined ? call : `${part}.${call}`;
  throw new TypeError(`${what}(...) gave undefined. Return the accumulator`);
}
