import fc from "fast-check";
import type { Key } from "../../src/state/key-codec.ts";
import { anyText } from "../bytes/property.ts";

/** The total order of keys, written down a second time as plainly as can be: what the bytes are compared with. */
export function compareKeys(a: Key, b: Key): number {
  const [rankA, rankB] = [rankOf(a), rankOf(b)];
  if (rankA !== rankB) return rankA - rankB;
  if (typeof a === "string") return compareLists(codePoints(a), codePoints(b as string), compareNumbers);
  if (a instanceof Uint8Array) return compareLists([...a], [...(b as Uint8Array)], compareNumbers);
  if (a instanceof Date) return compareNumbers(a.getTime(), (b as Date).getTime());
  if (Array.isArray(a)) return compareLists(a as readonly Key[], b as readonly Key[], compareKeys);
  if (a === null || typeof a === "boolean") return 0;
  return compareNumbers(a as number, b as number);
}

function rankOf(key: Key): number {
  if (key === null) return 0;
  if (typeof key === "boolean") return key ? 2 : 1;
  if (typeof key === "number") return 3;
  if (typeof key === "bigint") return 4;
  if (key instanceof Date) return 5;
  if (typeof key === "string") return 6;
  return key instanceof Uint8Array ? 7 : 8;
}

function codePoints(text: string): number[] {
  return Array.from(text, (character) => character.codePointAt(0) as number);
}

function compareNumbers(a: number | bigint, b: number | bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function compareLists<T>(a: readonly T[], b: readonly T[], compare: (a: T, b: T) => number): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    const order = compare(a[i] as T, b[i] as T);
    if (order !== 0) return order;
  }
  return a.length - b.length;
}

const scalar: fc.Arbitrary<Key> = fc.oneof(
  anyText,
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.integer(),
  fc.constantFrom(0, -0, 1, -1, 5e-324, -5e-324, Number.MAX_VALUE, -Number.MAX_VALUE),
  fc.bigInt(),
  fc.integer({ min: -3, max: 3 }).map((n) => BigInt(n) * 255n),
  fc
    .tuple(fc.constantFrom(1n, -1n), fc.integer({ min: 1000, max: 1030 }))
    .map(([sign, bits]) => sign * 2n ** BigInt(bits)),
  fc.boolean(),
  fc.constant(null),
  fc.date({ noInvalidDate: true }),
  fc
    .array(fc.oneof(fc.constantFrom(0, 1, 2, 255), fc.nat(255)), { maxLength: 6 })
    .map((bytes) => Uint8Array.from(bytes)),
);

/** Any key; short ones, so that keys that are close to each other are common. */
export const anyKey: fc.Arbitrary<Key> = fc.letrec<{ key: Key }>((tie) => ({
  key: fc.oneof({ depthSize: "small", withCrossShrink: true }, scalar, fc.array(tie("key"), { maxLength: 4 })),
})).key;
