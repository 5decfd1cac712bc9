/**
 * How an aggregate begins and ends. A function of it that gives a promise is told of at once.
 *
 * @module
 */
import { addTo } from "../../state/aggregate-calls.ts";
import type { AnyAggregate } from "../../state/aggregate-function.ts";
import { inTurn } from "../callbacks.ts";

/** A new accumulator with a record in it. */
export function addFirst(aggregate: AnyAggregate, value: unknown): unknown {
  // Of each accumulator this is looked at: a function that gives promises gives them all the time.
  return inTurn(addTo(aggregate, aggregate.create(), value));
}

/** What an accumulator stands for. */
export function resultOf(aggregate: AnyAggregate, accumulator: unknown): unknown {
  return inTurn(aggregate.result(accumulator));
}
