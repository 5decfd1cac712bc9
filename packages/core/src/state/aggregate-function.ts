/**
 * Folds records into an accumulator. The accumulator belongs to the engine: `add` may change it in place and return it.
 *
 * @typeParam T the records.
 * @typeParam A the accumulator: any value that can be stored.
 * @typeParam R the result.
 */
export interface AggregateFunction<T, A, R> {
  /** A new, empty accumulator. */
  create(): A;
  /** The accumulator with one more record in it. */
  add(accumulator: A, value: T): A;
  /** What the accumulator stands for. Must not keep or give away the accumulator itself if it is changed in place. */
  result(accumulator: A): R;
  /**
   * `into` with all that is in `from`, as if its records had been added after those of `into`. May change `into` in place
   * and return it; must neither change nor keep `from`. Session windows cannot do without it, and sliding windows share
   * work where it is there.
   */
  merge?(into: A, from: A): A;
  /** `any`: the result does not depend on the order in which records are added. Only plans ask. Default: it may. */
  readonly order?: "any";
}

/** Any aggregate, for the engine. */
export type AnyAggregate = AggregateFunction<unknown, unknown, unknown>;
