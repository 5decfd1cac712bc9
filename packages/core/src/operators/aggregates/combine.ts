import { checkCallbacks } from "../../invalid-option.ts";
import type { AggregateFunction } from "../../state/aggregate-function.ts";
import { addTo, mergeInto } from "../../state/aggregate-calls.ts";

// oxlint-disable-next-line typescript/no-explicit-any -- what an aggregate keeps and makes is its own business
type Part<T> = AggregateFunction<T, any, any>;

/** Aggregates of records of `T`, by name. */
export type Aggregates<T> = Readonly<Record<string, Part<T>>>;

type TakersOf<P> = { [Name in keyof P]: P[Name] extends Part<infer T> ? (value: T) => void : never };

/** The records that all of some aggregates can take. */
export type RecordsOf<P> = TakersOf<P>[keyof P] extends (value: infer All) => void ? All : never;

/** What aggregates keep, by name. */
export type AccumulatorsOf<P> = { -readonly [Name in keyof P]: P[Name] extends { create(): infer A } ? A : never };

/** What aggregates make, by name. */
export type ResultsOf<P> = {
  -readonly [Name in keyof P]: P[Name] extends { result(accumulator: never): infer R } ? R : never;
};

/**
 * Several aggregates as one, whose result is an object. It can merge if all of them can.
 *
 * @throws {ConfigurationError} OPTION_INVALID if one of them is none.
 *
 * @example
 * ```ts
 * import { combine, count, sum } from "@tidemark/core/aggregates";
 *
 * const sales = combine({ n: count(), total: sum((sale: { price: number }) => sale.price) });
 * ```
 */
export function combine<T, P extends Aggregates<T>>(
  parts: P & Aggregates<T>,
): AggregateFunction<T & RecordsOf<P>, AccumulatorsOf<P>, ResultsOf<P>> {
  type Fields = Record<string, unknown>;
  const named = Object.entries(parts);
  for (const [name, part] of named) checkCallbacks(name, part, ["create", "add", "result"], ["merge"]);
  const each = (of: (part: AggregateFunction<T, unknown, unknown>, name: string) => unknown): Fields =>
    Object.fromEntries(named.map(([name, part]) => [name, of(part as AggregateFunction<T, unknown, unknown>, name)]));
  const isAnyOrder = named.every(([, part]) => part.order === "any");
  const combined: AggregateFunction<T, Fields, Fields> = {
    ...(isAnyOrder ? { order: "any" } : {}),
    create: () => each((part) => part.create()),
    add: (kept, value) => {
      for (const [name, part] of named) kept[name] = addTo(part, kept[name], value, name);
      return kept;
    },
    result: (kept) => each((part, name) => part.result(kept[name])),
  };
  const merging: typeof combined = {
    ...combined,
    merge: (into, from) => {
      for (const [name, part] of named) into[name] = mergeInto(part, into[name], from[name], name);
      return into;
    },
  };
  const result: unknown = named.every(([, part]) => part.merge !== undefined) ? merging : combined;
  return result as AggregateFunction<T & RecordsOf<P>, AccumulatorsOf<P>, ResultsOf<P>>;
}
