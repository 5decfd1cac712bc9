import { ExpectationError } from "../state-backend/expect.ts";

/** Whether two values are the same all the way down: types, keys in their order, entries, bytes. */
export function isSame(a: unknown, b: unknown): boolean {
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return Object.is(a, b);
  if (Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return false;
  if (a instanceof Date) return Object.is(a.getTime(), (b as Date).getTime());
  if (a instanceof Map) return isSame([...a], [...(b as Map<unknown, unknown>)]);
  if (a instanceof Set) return isSame([...a], [...(b as Set<unknown>)]);
  const [own, others] = [Object.entries(a), Object.entries(b)];
  if (own.length !== others.length) return false;
  return own.every(([name, value], index) => {
    const [otherName, other] = others[index] as [string, unknown];
    return name === otherName && isSame(value, other);
  });
}

/** Fails unless both are the same; says where they begin to differ. */
export function expectOutcome(actual: readonly unknown[], expected: readonly unknown[], what: string): void {
  const length = Math.max(actual.length, expected.length);
  for (let at = 0; at < length; at++) {
    if (at < actual.length && at < expected.length && isSame(actual[at], expected[at])) continue;
    throw new ExpectationError(
      `${what}: at ${at} of ${length}: found ${shownAt(actual, at)}, expected ${shownAt(expected, at)}`,
    );
  }
}

function shownAt(list: readonly unknown[], at: number): string {
  return at < list.length ? textOf(list[at]) : "nothing";
}

/** A value as text, for messages and for sorting. */
export function textOf(value: unknown): string {
  return JSON.stringify(value, (_name, part: unknown) => {
    if (typeof part === "bigint") return `${part}n`;
    if (part instanceof Map || part instanceof Set) return [...part];
    return typeof part === "number" && !Number.isFinite(part) ? String(part) : part;
  });
}
