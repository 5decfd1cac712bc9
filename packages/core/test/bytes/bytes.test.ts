import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { compareBytes, concatBytes, equalBytes, toHex } from "../../src/bytes/compare.ts";
import { crc32c } from "../../src/bytes/crc32.ts";
import { magnitudeFromBytes, magnitudeToBytes } from "../../src/bytes/magnitude.ts";
import { ByteReader } from "../../src/bytes/reader.ts";
import { openSealed, sealBytes } from "../../src/bytes/sealed.ts";
import { ByteWriter } from "../../src/bytes/writer.ts";
import { readWtf8, wtf8Length, writeWtf8 } from "../../src/bytes/wtf8.ts";
import { anyText, check } from "./property.ts";

const invalid = { code: "BYTES_INVALID" };
const safe = fc.oneof(
  fc.maxSafeNat(),
  fc.nat(300),
  fc.constantFrom(127, 128, 2 ** 28 - 1, 2 ** 28, 2 ** 32, 2 ** 53 - 1),
);

describe("ByteWriter and ByteReader", () => {
  it("give back every sequence of fields", () => {
    const field = fc.oneof(
      fc.tuple(fc.constant("u8" as const), fc.nat(255)),
      fc.tuple(fc.constant("u16" as const), fc.nat(65535)),
      fc.tuple(fc.constant("u32" as const), fc.integer({ min: 0, max: 2 ** 32 - 1 })),
      fc.tuple(fc.constant("u64" as const), safe),
      fc.tuple(fc.constant("f64" as const), fc.double()),
      fc.tuple(fc.constant("varint" as const), safe),
      fc.tuple(fc.constant("string" as const), anyText),
      fc.tuple(fc.constant("bytes" as const), fc.uint8Array({ maxLength: 300 })),
    );
    check(
      fc.property(fc.array(field), (fields) => {
        const writer = new ByteWriter(16);
        for (const [kind, value] of fields) (writer[kind] as (value: unknown) => void)(value);
        const bytes = writer.finish();
        assert.equal(bytes.length, writer.length);
        const reader = new ByteReader(concatBytes([Uint8Array.of(9, 9), bytes, Uint8Array.of(9)]), 2, 2 + bytes.length);
        for (const [kind, value] of fields) assert.deepEqual(reader[kind](), value);
        reader.done();
      }),
    );
  });

  it("write big-endian numbers and LEB128", () => {
    const writer = new ByteWriter();
    writer.u8(1);
    writer.u16(0x0203);
    writer.u32(0x84050607);
    writer.u64(2 ** 53 - 1);
    writer.f64(-0);
    writer.f64(NaN);
    writer.varint(300);
    writer.string("é\ud800");
    assert.equal(
      toHex(writer.finish()),
      "01020384050607001fffffffffffff80000000000000007ff8000000000000ac0205c3a9eda080",
    );
  });

  it("ByteWriter refuses a number outside of its range", () => {
    const writer = new ByteWriter();
    for (const value of [-1, 256, 1.5, NaN]) assert.throws(() => writer.u8(value), RangeError);
    for (const value of [-1, 65536, 0.5]) assert.throws(() => writer.u16(value), RangeError);
    for (const value of [-1, 2 ** 32, 0.5]) assert.throws(() => writer.u32(value), RangeError);
    for (const value of [-1, 2 ** 53, 0.5, NaN, Infinity]) {
      assert.throws(() => writer.u64(value), RangeError);
      assert.throws(() => writer.varint(value), RangeError);
    }
    assert.equal(writer.length, 0);
  });

  it("ByteWriter.finish copies, truncate takes back and reset starts again", () => {
    const writer = new ByteWriter(16);
    writer.raw(new Uint8Array(100).fill(7));
    const first = writer.finish();
    writer.truncate(2);
    writer.u8(8);
    assert.equal(toHex(writer.finish()), "070708");
    assert.equal(toHex(writer.view()), "070708");
    assert.throws(() => writer.truncate(4), RangeError);
    writer.raw(new Uint8Array(3_000_000));
    writer.reset();
    assert.equal(writer.length, 0);
    writer.u8(9);
    assert.equal(toHex(writer.finish()), "09");
    assert.deepEqual(first, new Uint8Array(100).fill(7));
  });

  it("ByteReader refuses what is short, and says where", () => {
    const reader = (...bytes: number[]): ByteReader => new ByteReader(Uint8Array.from(bytes));
    assert.throws(() => reader().u8(), invalid);
    assert.throws(() => reader().peek(), invalid);
    assert.throws(() => reader(1).u16(), invalid);
    assert.throws(() => reader(1, 2, 3).u32(), invalid);
    assert.throws(() => reader(1, 2, 3, 4, 5, 6, 7).u64(), invalid);
    assert.throws(() => reader(1, 2, 3, 4, 5, 6, 7).f64(), invalid);
    assert.throws(() => reader(0x80).varint(), invalid);
    assert.throws(() => reader(5, 1).bytes(), invalid);
    assert.throws(() => reader(5, 65).string(), invalid);
    assert.throws(() => reader(1, 2).distanceTo(3), invalid);
    const two = reader(1, 2);
    two.u8();
    assert.throws(() => two.done(), { code: "BYTES_INVALID", details: { position: 1 } });
    assert.throws(() => two.u16(), { code: "BYTES_INVALID", details: { position: 1 } });
    assert.throws(() => new ByteReader(new Uint8Array(2), 1, 3), RangeError);
  });

  it("ByteReader refuses integers that are too large or not in their shortest form", () => {
    const read = (...bytes: number[]): ByteReader => new ByteReader(Uint8Array.from(bytes));
    assert.throws(() => read(0, 0x20, 0, 0, 0, 0, 0, 0).u64(), invalid);
    assert.throws(() => read(0x80, 0x00).varint(), invalid);
    assert.throws(() => read(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x10).varint(), invalid);
    assert.throws(() => read(...Array<number>(20).fill(0x80)).varint(), invalid);
    assert.equal(read(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f).varint(), 2 ** 53 - 1);
  });
});

describe("WTF-8", () => {
  it("keeps every string, short and long", () => {
    check(
      fc.property(anyText, fc.nat(100), (text, padding) => {
        const padded = "x".repeat(padding) + text;
        const bytes = new Uint8Array(wtf8Length(padded));
        assert.equal(writeWtf8(padded, bytes, 0), bytes.length);
        assert.equal(readWtf8(bytes, 0, bytes.length), padded);
      }),
    );
  });

  it("reads any bytes as the one string that has them, or refuses", () => {
    const piece = fc.constantFrom(
      [0x61],
      [0xc3],
      [0xa9],
      [0xed, 0xa0, 0x80],
      [0xed, 0xb0, 0x80],
      [0xf0, 0x9f, 0x98, 0x80],
      [0xe0, 0x80, 0x80],
      [0xf4, 0x90, 0x80, 0x80],
      [0xff],
    );
    check(
      fc.property(
        fc.oneof(
          fc.array(piece).map((p) => Uint8Array.from(p.flat())),
          fc.uint8Array(),
        ),
        (bytes) => {
          let text: string;
          try {
            text = readWtf8(bytes, 0, bytes.length);
          } catch (error) {
            assert.equal((error as { code?: string }).code, "BYTES_INVALID");
            return;
          }
          const again = new Uint8Array(wtf8Length(text));
          writeWtf8(text, again, 0);
          assert.equal(toHex(again), toHex(bytes));
        },
      ),
    );
  });
});

describe("crc32c", () => {
  it("gives the known values of RFC 3720", () => {
    assert.equal(crc32c(new TextEncoder().encode("123456789")), 0xe3069283);
    assert.equal(crc32c(new Uint8Array(32)), 0x8a9136aa);
    assert.equal(crc32c(new Uint8Array(32).fill(0xff)), 0x62a8ab43);
    assert.equal(crc32c(Uint8Array.from({ length: 32 }, (_, i) => i)), 0x46dd794e);
    assert.equal(crc32c(new Uint8Array(0)), 0);
  });

  it("goes on from a seed", () => {
    check(
      fc.property(fc.uint8Array(), fc.uint8Array(), (a, b) => {
        assert.equal(crc32c(b, crc32c(a)), crc32c(concatBytes([a, b])));
      }),
    );
  });
});

describe("compareBytes, equalBytes, concatBytes, toHex", () => {
  it("compare as hexadecimal strings do", () => {
    check(
      fc.property(fc.uint8Array(), fc.uint8Array(), (a, b) => {
        const [x, y] = [toHex(a), toHex(b)];
        assert.equal(Math.sign(compareBytes(a, b)), x < y ? -1 : x > y ? 1 : 0);
        assert.equal(equalBytes(a, b), x === y);
        assert.equal(toHex(concatBytes([a, b])), x + y);
      }),
    );
  });
});

describe("magnitudeToBytes", () => {
  it("is minimal, big-endian and read back", () => {
    check(
      fc.property(fc.bigInt({ min: 0n }), (value) => {
        const bytes = magnitudeToBytes(value);
        assert.equal(value === 0n ? "" : toHex(bytes).replace(/^0/, ""), value === 0n ? "" : value.toString(16));
        assert.equal(magnitudeFromBytes(bytes, 0), value);
      }),
    );
    assert.throws(() => magnitudeFromBytes(Uint8Array.of(0, 1), 0), invalid);
  });
});

describe("sealBytes and openSealed", () => {
  const sealed = sealBytes("TEST", 3, Uint8Array.of(1, 2, 3));

  it("give back version and body, whatever the array they lie in", () => {
    assert.equal(toHex(sealed.subarray(0, 13)), "54455354000300000003010203");
    const shifted = concatBytes([Uint8Array.of(9), sealed]).subarray(1);
    assert.deepEqual(openSealed("TEST", 3, shifted), { version: 3, body: Uint8Array.of(1, 2, 3) });
    assert.equal(openSealed("TEST", 9, sealBytes("TEST", 0, new Uint8Array(0))).body.length, 0);
  });

  it("refuse another magic and a newer version as an unknown format", () => {
    assert.throws(() => openSealed("ELSE", 3, sealed), { code: "FORMAT_UNKNOWN", message: /"TEST"/ });
    assert.throws(() => openSealed("TEST", 2, sealed), { code: "FORMAT_UNKNOWN", message: /version 3/ });
  });

  it("refuse every change of a bit, and every other length", () => {
    for (let bit = 0; bit < sealed.length * 8; bit++) {
      const damaged = sealed.slice();
      damaged[bit >> 3] = (damaged[bit >> 3] as number) ^ (1 << (bit & 7));
      assert.throws(() => openSealed("TEST", 65535, damaged), { name: "SerializationError" });
    }
    for (let length = 0; length < sealed.length; length++) {
      assert.throws(() => openSealed("TEST", 3, sealed.subarray(0, length)), invalid);
    }
    assert.throws(() => openSealed("TEST", 3, concatBytes([sealed, Uint8Array.of(0)])), invalid);
  });

  it("refuse a magic that is no magic", () => {
    for (const magic of ["", "abc", "abcde", "abcé"]) {
      assert.throws(() => sealBytes(magic, 0, new Uint8Array(0)), TypeError);
    }
    assert.throws(() => sealBytes("TEST", 65536, new Uint8Array(0)), RangeError);
  });
});
