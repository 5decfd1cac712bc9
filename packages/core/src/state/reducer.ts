/** Combines a result so far with one more record. */
export type Reducer = (accumulated: unknown, value: unknown) => unknown;

/**
 * Combines two records.
 *
 * @throws {TypeError} if nothing comes of two that are something: a `return` was forgotten.
 */
export function reduced(combine: Reducer, accumulated: unknown, value: unknown): unknown {
  const result = combine(accumulated, value);
  if (result !== undefined || accumulated === undefined || value === undefined) return result;
  throw new TypeError("it gave undefined for two records. Return what they come to, or null");
}
