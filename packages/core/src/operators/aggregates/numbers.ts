import { shown } from "../../shown.ts";

/** An accumulator that is the result. */
export function same(accumulator: number): number {
  return accumulator;
}

/** Two sums as one. */
export function plus(into: number, from: number): number {
  return into + from;
}

/** What a record says is no more than its type promises: text that looks like a number would be put behind another. */
export function numeric(value: number): number {
  if (typeof value === "number") return value;
  throw new TypeError(`Cannot aggregate ${shown(value)}: it is no number`);
}
