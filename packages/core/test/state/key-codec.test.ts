import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { compareBytes, concatBytes, toHex } from "../../src/bytes/compare.ts";
import { ByteReader } from "../../src/bytes/reader.ts";
import { ByteWriter } from "../../src/bytes/writer.ts";
import { decodeKey, encodeKey, type Key, readKey, writeKey } from "../../src/state/key-codec.ts";
import { check } from "../bytes/property.ts";
import { GOLDEN_KEYS } from "./golden/keys.ts";
import { anyKey, compareKeys } from "./key-order.ts";

const bytesOf = (hex: string): Uint8Array =>
  Uint8Array.from(hex.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));

describe("encodeKey", () => {
  it("gives the golden bytes of version 0", () => {
    for (const [key, hex] of GOLDEN_KEYS) {
      assert.equal(toHex(encodeKey(key)), hex);
      assert.deepStrictEqual(decodeKey(bytesOf(hex)), key);
    }
  });

  it("is read back exactly by decodeKey, and is canonical", () => {
    check(
      fc.property(anyKey, (key) => {
        const bytes = encodeKey(key);
        const decoded = decodeKey(bytes);
        assert.equal(compareKeys(decoded, key), 0);
        assert.equal(toHex(encodeKey(decoded)), toHex(bytes));
      }),
    );
  });

  it("preserves the order, and so gives other bytes to other keys", () => {
    check(
      fc.property(anyKey, anyKey, (a, b) => {
        assert.equal(Math.sign(compareBytes(encodeKey(a), encodeKey(b))), Math.sign(compareKeys(a, b)));
      }),
    );
  });

  it("preserves the order of a whole sorted list", () => {
    check(
      fc.property(fc.array(anyKey, { minLength: 2, maxLength: 30 }), (keys) => {
        const byBytes = keys.map((key) => encodeKey(key)).sort(compareBytes);
        const byValue = [...keys].sort(compareKeys).map((key) => encodeKey(key));
        assert.deepEqual(byBytes.map(toHex), byValue.map(toHex));
      }),
    );
  });

  it("gives no key a prefix of another key's bytes", () => {
    check(
      fc.property(anyKey, anyKey, (a, b) => {
        const [x, y] = [toHex(encodeKey(a)), toHex(encodeKey(b))];
        assert.ok(x === y || (!x.startsWith(y) && !y.startsWith(x)));
      }),
    );
  });

  it("takes -0 for 0", () => {
    assert.equal(toHex(encodeKey(-0)), toHex(encodeKey(0)));
    assert.equal(toHex(encodeKey([-0])), toHex(encodeKey([0])));
  });

  it("tells types apart that look alike", () => {
    const alike: readonly Key[] = ["1", 1, 1n, true, new Date(1), Uint8Array.of(1), ["1"], [1], [[1]], [], null, ""];
    assert.equal(new Set(alike.map((key) => toHex(encodeKey(key)))).size, alike.length);
  });

  it("keeps lone surrogates", () => {
    for (const text of ["\ud800", "\udc00\ud800", "a\udfff", "\ud83d", `${"x".repeat(100)}\ud800`]) {
      assert.equal(decodeKey(encodeKey(text)), text);
    }
  });

  it("reads a subclass of Uint8Array as its bytes", () => {
    class Hash extends Uint8Array {}
    assert.equal(toHex(encodeKey(Hash.of(1, 2))), toHex(encodeKey(Uint8Array.of(1, 2))));
  });

  it("refuses everything else, and says where it is", () => {
    const refused: readonly (readonly [unknown, RegExp])[] = [
      [undefined, /: it is undefined;/],
      [NaN, /: it is NaN;/],
      [Infinity, /: it is Infinity;/],
      [-Infinity, /: it is -Infinity;/],
      [new Date(NaN), /: it is an invalid Date;/],
      [{ x: 1 }, /: it is an object with the fields x;/],
      [Object.create(Date.prototype), /: it is an object;/],
      [() => 1, /: it is a function;/],
      [Symbol("s"), /: it is a symbol;/],
      [["a", { x: 1 }], /: field \[1\] is an object with the fields x;/],
      [[1, [2, [undefined]]], /: field \[1\]\[1\]\[0\] is undefined;/],
      // oxlint-disable-next-line no-sparse-arrays
      [[1, , 2], /: field \[1\] is undefined;/],
      [new Map([[1, 2]]), /: it is an object;/],
      [new Float64Array(2), /: it is an object with the fields 0, 1;/],
    ];
    for (const [key, message] of refused) {
      const writer = new ByteWriter();
      writer.u8(7);
      assert.throws(() => writeKey(writer, key as Key), {
        name: "SerializationError",
        code: "KEY_UNSUPPORTED",
        message,
      });
      assert.equal(toHex(writer.finish()), "07");
    }
  });

  it("refuses nesting beyond 32, cycles included", () => {
    let deep: Key = 1;
    for (let i = 0; i < 32; i++) deep = [deep];
    assert.deepEqual(decodeKey(encodeKey(deep)), deep);
    assert.throws(() => encodeKey([deep]), { code: "KEY_UNSUPPORTED" });
    const cycle: Key[] = [];
    cycle.push(cycle);
    assert.throws(() => encodeKey(cycle), { code: "KEY_UNSUPPORTED" });
  });
});

describe("decodeKey", () => {
  it("reads any bytes as the one key that has them, or refuses", () => {
    const piece = fc.constantFrom(
      "00",
      "10",
      "20",
      "21",
      "30",
      "8000000000000000",
      "38",
      "80",
      "7f",
      "ff",
      "40",
      "50",
      "6100",
      "0101",
      "0102",
      "58",
      "60",
      "eda080",
    );
    const likely = fc.array(piece).map((pieces) => bytesOf(pieces.join("")));
    check(
      fc.property(fc.oneof(likely, fc.uint8Array()), (bytes) => {
        let key: Key;
        try {
          key = decodeKey(bytes);
        } catch (error) {
          assert.equal((error as { code?: string }).code, "BYTES_INVALID");
          return;
        }
        assert.equal(toHex(encodeKey(key)), toHex(bytes));
      }),
    );
  });

  it("refuses every cut and every addition", () => {
    check(
      fc.property(anyKey, fc.nat(), (key, at) => {
        const bytes = encodeKey(key);
        assert.throws(() => decodeKey(bytes.subarray(0, at % bytes.length)), { code: "BYTES_INVALID" });
        assert.throws(() => decodeKey(concatBytes([bytes, Uint8Array.of(0)])), { code: "BYTES_INVALID" });
      }),
    );
  });

  it("refuses forms that encodeKey does not write", () => {
    const forms = [
      ["307fffffffffffffff", "-0"],
      ["30fff0000000000000", "Infinity"],
      ["30fff8000000000000", "NaN"],
      ["40bfe0000000000000", "half a millisecond"],
      ["388100", "a bigint with a leading zero"],
      ["387f", "a negative zero"],
      ["38ff0000000101", "a short bigint in the long form"],
      ["50010300", "an unknown escape"],
      ["50eda080edb08000", "a pair in two halves"],
      ["50c080", "an overlong NUL"],
    ] as const;
    for (const [hex, what] of forms) {
      assert.throws(() => decodeKey(bytesOf(hex)), { code: "BYTES_INVALID" }, what);
    }
  });

  it("readKey stops behind a key, so that keys can follow each other", () => {
    check(
      fc.property(fc.array(anyKey), (keys) => {
        const writer = new ByteWriter();
        for (const key of keys) writeKey(writer, key);
        const reader = new ByteReader(writer.finish());
        for (const key of keys) assert.equal(compareKeys(readKey(reader), key), 0);
        reader.done();
      }),
    );
  });
});
