import { shown } from "../shown.ts";

/**
 * What a function of the user gave as its results.
 *
 * @throws {TypeError} if nobody can walk through it.
 */
export function iterable<T>(given: Iterable<T>): Iterable<T> {
  if (typeof (given as Partial<Iterable<T>> | null | undefined)?.[Symbol.iterator] === "function") return given;
  throw new TypeError(`it gave ${shown(given)}: results come in an array, or another iterable`);
}
