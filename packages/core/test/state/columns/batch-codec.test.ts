import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { toHex } from "../../../src/bytes/compare.ts";
import { decodeBatch, encodeBatch } from "../../../src/state/columns/batch-codec.ts";
import { valueCodecs } from "../../../src/state/value-codecs.ts";
import { anyText, check } from "../../bytes/property.ts";
import { sameValue } from "../value-equality.ts";

const bytesOf = (hex: string): Uint8Array =>
  Uint8Array.from(hex.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));

const batchOf = (...values: readonly unknown[]): { values: readonly unknown[]; timestamps: readonly number[] } => ({
  values,
  timestamps: values.map(() => -Infinity),
});

/** A batch of one value per column kind, and its bytes. Times of -Infinity are the constant 05 c5 fff0000000000000. */
const TIMES = "05c5fff0000000000000";
const GOLDEN: readonly (readonly [readonly unknown[], string])[] = [
  [[1, -1], `0002${TIMES}0101000000ffffffff`],
  [[7, 7, 7], `0003${TIMES}0507`],
  [[0.5, -0], `0002${TIMES}02000000000000e03f0000000000000080`],
  [[Number.NaN, 1], `0002${TIMES}02000000000000f87f000000000000f03f`],
  [["a", "b", "a"], `0003${TIMES}03cb0281618162000001000000`],
  [["a", 1], `0002${TIMES}00cb02816101`],
  [[{ a: 1 }, { a: 2 }], `0002${TIMES}04020161010100000002000000`],
  [[{}, {}], `0002${TIMES}00cb02d000d000`],
];

const field = fc.oneof(
  fc.integer(),
  fc.double(),
  anyText,
  fc.boolean(),
  fc.constantFrom(undefined, null, -0, 2 ** 31, "a", "b"),
  fc.anything({ withBigInt: true, withDate: true, withMap: true, withNullPrototype: true, withTypedArray: true }),
);
const keys = fc.uniqueArray(
  fc.oneof(anyText, fc.constantFrom("a", "b", "__proto__", "constructor", "toString", "1", "0")),
  { maxLength: 5 },
);

/** Records of one form, whose fields are mostly of one kind: what columns are made for. */
const alike = keys.chain((names) =>
  fc
    .array(fc.tuple(...names.map(() => fc.oneof({ weight: 3, arbitrary: fc.integer() }, field))), { maxLength: 20 })
    .map((rows) =>
      rows.map((row) => {
        const record = {};
        for (const [index, name] of names.entries()) {
          Object.defineProperty(record, name, {
            value: row[index],
            enumerable: true,
            writable: true,
            configurable: true,
          });
        }
        return record;
      }),
    ),
);
const columns = [fc.integer(), fc.double(), anyText, fc.constantFrom("x", "y"), field].map((each) =>
  fc.array(each, { maxLength: 20 }),
);

describe("encodeBatch and decodeBatch", () => {
  it("give the golden bytes of version 0", () => {
    for (const [values, hex] of GOLDEN) {
      assert.equal(toHex(encodeBatch(batchOf(...values))), hex);
      assert.ok(sameValue(decodeBatch(bytesOf(hex)), batchOf(...values)), hex);
    }
    assert.equal(toHex(encodeBatch(batchOf())), "0000");
    assert.deepEqual(decodeBatch(bytesOf("0000")), batchOf());
  });

  it("keep any batch exactly", () => {
    const values = fc.oneof(
      ...columns,
      alike,
      fc.tuple(alike, alike).map((pair) => pair.flat()),
    );
    check(
      fc.property(values, fc.double({ noNaN: true }), (records, time) => {
        const batch = { values: records, timestamps: records.map((_, index) => time + index) };
        const bytes = encodeBatch(batch);
        const decoded = decodeBatch(bytes);
        assert.ok(sameValue(decoded, batch), toHex(bytes).slice(0, 200));
        assert.equal(toHex(encodeBatch(decoded)), toHex(bytes));
      }),
    );
  });

  it("keep objects in objects, however deep", () => {
    const deep = (depth: number, leaf: number): unknown =>
      depth === 0 ? leaf : { inner: deep(depth - 1, leaf), leaf };
    const batch = batchOf(deep(12, 1), deep(12, 2));
    assert.ok(sameValue(decodeBatch(encodeBatch(batch)), batch));
  });

  it("refuse what cannot be given back, in any record", () => {
    const symbol = { a: 2, [Symbol("s")]: 1 };
    const withCode = { code: "VALUE_UNSUPPORTED" };
    for (const bad of [symbol, { a: () => 1 }, new (class Money {})(), { a: Symbol("x") }]) {
      assert.throws(() => encodeBatch(batchOf(bad)), withCode);
      assert.throws(() => encodeBatch(batchOf({ a: 1 }, bad)), withCode);
    }
    const accessor = {
      get a() {
        return 1;
      },
    };
    assert.throws(() => encodeBatch(batchOf(accessor, { a: 1 })), withCode);
    assert.throws(() => encodeBatch({ values: [1], timestamps: [] }), RangeError);
    assert.throws(() => encodeBatch(batchOf(...new Array<number>(65_537).fill(1))), RangeError);
    // A refusal leaves nothing behind.
    assert.equal(toHex(encodeBatch(batchOf(7, 7, 7))), GOLDEN[1]?.[1]);
  });

  it("read class instances with their codec", () => {
    class Money {
      readonly cents: number;
      constructor(cents: number) {
        this.cents = cents;
      }
    }
    const codecs = valueCodecs([
      {
        name: "money",
        class: Money,
        encode: (money: Money) => money.cents,
        decode: (cents) => new Money(Number(cents)),
      },
    ]);
    const bytes = encodeBatch(batchOf({ paid: new Money(1) }, { paid: new Money(2) }), codecs);
    const { values } = decodeBatch(bytes, codecs);
    assert.deepEqual(values, [{ paid: new Money(1) }, { paid: new Money(2) }]);
    assert.throws(() => decodeBatch(bytes), { code: "FORMAT_UNKNOWN" });
  });

  it("refuse bytes that are cut off, too many, or no batch", () => {
    for (const [, hex] of GOLDEN) {
      const bytes = bytesOf(hex);
      for (let end = 0; end < bytes.length; end++) {
        assert.throws(() => decodeBatch(bytes.subarray(0, end)), { code: "BYTES_INVALID" }, `${hex} cut at ${end}`);
      }
      assert.throws(() => decodeBatch(bytesOf(`${hex}00`)), { code: "BYTES_INVALID" });
    }
    for (const hex of [
      "0100", // another version
      "00818004", // 65,537 records
      `0001${TIMES}09`, // no kind
      `0001${TIMES}05c0`, // a constant undefined
      `0001${TIMES}00cb020102`, // an array of two
      `0001${TIMES}03cb0181610100`, // string 1 of 1
      `0001${TIMES}03cb01010000`, // a string that is a number
      `0001${TIMES}04000501`, // an object without keys
      `00010581610501`, // a time that is a string
    ]) {
      assert.throws(() => decodeBatch(bytesOf(hex)), { code: "BYTES_INVALID" }, hex);
    }
  });

  it("give an error or a batch for any bytes", () => {
    check(
      fc.property(fc.uint8Array({ maxLength: 60 }), fc.integer({ min: 0, max: 4 }), (tail, count) => {
        const bytes = Uint8Array.of(0, count, ...bytesOf(count === 0 ? "" : TIMES), ...tail);
        try {
          const { values, timestamps } = decodeBatch(bytes);
          assert.deepEqual([values.length, timestamps.length], [count, count]);
        } catch (error) {
          assert.ok(["BYTES_INVALID", "FORMAT_UNKNOWN"].includes((error as { code: string }).code), String(error));
        }
      }),
    );
  });
});
