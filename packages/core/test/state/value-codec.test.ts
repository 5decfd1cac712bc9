import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { concatBytes, toHex } from "../../src/bytes/compare.ts";
import { ByteReader } from "../../src/bytes/reader.ts";
import { ByteWriter } from "../../src/bytes/writer.ts";
import { swapElements } from "../../src/state/codec/buffers.ts";
import { decodeValue, encodeValue, readValue, writeValue } from "../../src/state/value-codec.ts";
import { anyText, check } from "../bytes/property.ts";
import { GOLDEN_VALUES } from "./golden/values.ts";
import { sameValue } from "./value-equality.ts";

const bytesOf = (hex: string): Uint8Array =>
  Uint8Array.from(hex.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));

function kept(value: unknown): void {
  const decoded = decodeValue(encodeValue(value));
  assert.ok(sameValue(decoded, value), `${toHex(encodeValue(value)).slice(0, 200)} was not read back as it was`);
}

function refused(value: unknown, path: string, found: RegExp): void {
  const writer = new ByteWriter();
  writer.u8(7);
  const check = (error: { code?: string; message: string; details: { path?: string } }): boolean => {
    assert.equal(error.code, "VALUE_UNSUPPORTED", error.message);
    assert.equal(error.details.path, path);
    assert.match(error.message, found);
    return true;
  };
  assert.throws(() => writeValue(writer, value), check);
  assert.equal(toHex(writer.finish()), "07");
}

const anyValue = fc.anything({
  key: fc.oneof(anyText, fc.constantFrom("a", "b", "__proto__", "constructor", "toString", "1", "0")),
  values: [
    anyText,
    fc.double(),
    fc.integer(),
    fc.boolean(),
    fc.constantFrom(undefined, null, -0, 0, 127, 128, 2 ** 31, -(2 ** 31)),
  ],
  withBigInt: true,
  withDate: true,
  withMap: true,
  withNullPrototype: true,
  withObjectString: true,
  withSet: true,
  withSparseArray: true,
  withTypedArray: true,
});

describe("encodeValue and decodeValue", () => {
  it("give the golden bytes of version 0", () => {
    for (const [value, hex] of GOLDEN_VALUES) {
      assert.equal(toHex(encodeValue(value)), hex);
      assert.ok(sameValue(decodeValue(bytesOf(hex)), value), hex);
    }
  });

  it("keep any value exactly", () => {
    check(
      fc.property(anyValue, (value) => {
        const bytes = encodeValue(value);
        const decoded = decodeValue(bytes);
        assert.ok(sameValue(decoded, value));
        assert.equal(toHex(encodeValue(decoded)), toHex(bytes));
      }),
    );
  });

  it("keep lists of records of a few shapes exactly", () => {
    const record = fc.record(
      { id: fc.nat(), name: anyText, at: fc.date(), tags: fc.array(anyText) },
      { requiredKeys: [] },
    );
    check(fc.property(fc.array(record), kept));
  });

  it("keep undefined as a value, a field and an element", () => {
    kept(undefined);
    kept({ a: undefined, b: { c: undefined } });
    kept([undefined, [undefined]]);
  });

  it("keep every number: -0, NaN, infinities, the edges of the forms", () => {
    for (const edge of [0, 127, 128, 2 ** 31 - 1, 2 ** 31, 2 ** 32, 2 ** 53, Number.MAX_VALUE, 5e-324, 0.1, Infinity]) {
      for (const value of [edge, -edge, edge - 1, -edge - 1]) kept(value);
    }
    kept(NaN);
    assert.equal(toHex(encodeValue(NaN)), "c57ff8000000000000");
    assert.equal(toHex(encodeValue(-0)), "c58000000000000000");
  });

  it("write small integers and short strings in few bytes", () => {
    assert.equal(encodeValue(127).length, 1);
    assert.equal(encodeValue(-1).length, 2);
    assert.equal(encodeValue(1000).length, 3);
    assert.equal(encodeValue("hello").length, 6);
  });

  it("keep lone surrogates, in strings and in keys, short and long", () => {
    for (const text of ["\ud800", "\udc00\ud800", "é\udfff", `${"x".repeat(99)}\ud83d`, "😀".repeat(40)]) {
      kept(text);
      kept({ [text]: text });
    }
  });

  it("keep bigints of any size and both signs", () => {
    for (const bits of [0n, 1n, 7n, 8n, 47n, 48n, 49n, 63n, 64n, 1000n, 100_000n]) {
      for (const value of [2n ** bits, 2n ** bits - 1n]) for (const signed of [value, -value]) kept(signed);
    }
  });

  it("keep Dates, also invalid ones", () => {
    for (const time of [0, -1, 8.64e15, -8.64e15, NaN]) kept(new Date(time));
  });

  it("keep ArrayBuffer and its views as copies", () => {
    const source = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18);
    const { buffer } = source;
    kept(source);
    kept(source.subarray(3, 6));
    kept(buffer);
    kept(new DataView(buffer, 3, 5));
    for (const type of [Int8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array, Float32Array]) {
      kept(new type(buffer, 4, 3));
    }
    for (const type of [Float64Array, BigInt64Array, BigUint64Array]) kept(new type(buffer, 8, 1));
    kept(new Float32Array(0));
    const half = (globalThis as { Float16Array?: new (buffer: ArrayBuffer) => object }).Float16Array;
    if (half !== undefined) kept(new half(buffer));
    assert.equal(toHex(encodeValue(Uint16Array.of(1, 2))), "ca050401000200");
    const bytes = encodeValue(source);
    const copy = decodeValue(bytes) as Uint8Array;
    copy[0] = 99;
    assert.ok(sameValue(decodeValue(bytes), source));
    assert.equal(toHex(swapElements(Uint8Array.of(1, 2, 3, 4), 2)), "02010403");
  });

  it("keep Map and Set in the order of their insertion, with any keys", () => {
    kept(
      new Map<unknown, unknown>([
        ["z", 1],
        [{ a: 1 }, undefined],
        [NaN, [1]],
        ["a", new Map()],
      ]),
    );
    kept(new Set<unknown>([3, 1, 2, "1", NaN, undefined, new Set([1])]));
  });

  it("keep holes as holes", () => {
    /* oxlint-disable no-sparse-arrays */
    for (const array of [[,], [1, , 3], [, undefined], [undefined, ,], [, , 1, , ,], new Array(1000)]) kept(array);
    /* oxlint-enable no-sparse-arrays */
  });

  it("keep the order of keys, and objects without a prototype", () => {
    kept({ b: 1, a: 2, 10: 3, 9: 4, "": 5 });
    kept([
      { a: 1, b: 2 },
      { b: 1, a: 2 },
      { a: 3, b: 4 },
    ]);
    const bare = Object.assign(Object.create(null) as object, { a: 1, toString: 2 });
    kept(bare);
    kept([{ a: 1, toString: 2 }, bare, { a: 1, toString: 2 }]);
    kept([{}, Object.create(null), {}]);
  });

  it("keep __proto__ as a key like others, and pollute no prototype", () => {
    const value = JSON.parse('{"__proto__": {"polluted": 1}, "constructor": {"prototype": {"polluted": 2}}}') as object;
    kept(value);
    const decoded = decodeValue(encodeValue([value, value])) as object[];
    assert.ok(Object.hasOwn(decoded[1] as object, "__proto__"));
    assert.equal(Object.getPrototypeOf(decoded[1]), Object.prototype);
    assert.equal(({} as { polluted?: number }).polluted, undefined);
  });

  it("write the keys of a repeated shape once", () => {
    const one = encodeValue([{ identifier: 1, timestamp: 2 }]).length;
    assert.equal(
      encodeValue([
        { identifier: 1, timestamp: 2 },
        { identifier: 3, timestamp: 4 },
      ]).length,
      one + 3,
    );
  });

  it("keep more shapes and more keys than can be referred to", () => {
    const shapes = Array.from({ length: 100 }, (_, i) => ({ [`k${i % 50}`]: i, z: i }));
    kept([...shapes, ...shapes]);
    const wide = Object.fromEntries(Array.from({ length: 2000 }, (_, i) => [`key${i}`, i]));
    kept([wide, { ...wide }, { a: 1 }]);
  });

  it("give the same bytes whatever was encoded before", () => {
    const value = [{ a1: 1, b: 2 }, { a1: 1, b: 2 }, { c: { a1: 3, b: 4 } }];
    const before = toHex(encodeValue(value));
    for (let i = 0; i < 5000; i++) encodeValue({ [`x${i}`]: i, [`y${i}`]: i });
    assert.equal(toHex(encodeValue(value)), before);
    assert.ok(sameValue(decodeValue(bytesOf(before)), value));
  });

  it("copy what two places share", () => {
    const shared = { a: 1 };
    const decoded = decodeValue(encodeValue([shared, shared])) as object[];
    assert.deepEqual(decoded, [shared, shared]);
    assert.notEqual(decoded[0], decoded[1]);
  });

  it("read values that follow each other", () => {
    const writer = new ByteWriter();
    for (const value of [{ a: 1 }, "x", { a: 2 }]) writeValue(writer, value);
    const reader = new ByteReader(writer.finish());
    assert.deepEqual([readValue(reader), readValue(reader), readValue(reader)], [{ a: 1 }, "x", { a: 2 }]);
    reader.done();
  });
});

describe("encodeValue refuses, with the path,", () => {
  it("functions and symbols", () => {
    refused({ items: [1, 2, 3, { callback() {} }] }, "$.items[3].callback", /is the function callback/);
    refused(() => 1, "$", /is a function/);
    refused({ "a b": [Symbol("s")] }, '$["a b"][0]', /is a symbol/);
    refused(new Map([["k", [() => 1]]]), '$.get("k")[0]', /is a function/);
    refused(new Map([[() => 1, 1]]), "${key 0}", /is a function/);
    refused(new Set([1, () => 1]), "${item 1}", /is a function/);
  });

  it("symbol keys, accessors and properties that are not enumerable", () => {
    refused({ a: { [Symbol("s")]: 1 } }, "$.a", /a symbol for a key/);
    refused(
      {
        get a() {
          return 1;
        },
      },
      "$.a",
      /an accessor/,
    );
    refused({ set a(_: number) {} }, "$.a", /an accessor/);
    refused({ a: Object.defineProperty({ x: 1 }, "y", { value: 2 }) }, "$.a", /not enumerable/);
    refused(Math, "$", /symbol|not enumerable/);
    refused(
      (function () {
        return arguments;
      })(),
      "$",
      /symbol|not enumerable/,
    );
  });

  it("extra properties of arrays, Dates, Maps and Sets", () => {
    refused([Object.assign([1, 2], { extra: 1 })], "$[0]", /an array with the property \.extra/);
    // oxlint-disable-next-line no-sparse-arrays
    refused(Object.assign([1, , 2], { extra: 1 }), "$", /an array with the property \.extra/);
    // oxlint-disable-next-line no-sparse-arrays
    refused(Object.assign([1, ,], { "01": 1 }), "$", /an array with the property \["01"\]/);
    refused(Object.assign([1], { [Symbol("s")]: 1 }), "$", /a symbol for a key/);
    for (const value of [new Date(0), new Map(), new Set()]) {
      refused(Object.assign(value, { extra: 1 }), "$", /properties of its own/);
    }
  });

  it("class instances, subclasses of built-ins and things that are no data", () => {
    class Point {
      x = 1;
    }
    class Dictionary extends Map {}
    class List extends Array {}
    const cases = [
      new Point(),
      new Dictionary(),
      new List(),
      new Error("e"),
      /x/,
      Promise.resolve(),
      new WeakMap(),
      new WeakSet(),
      new URL("http://a/"),
    ];
    for (const value of cases) refused({ v: value }, "$.v", /is an instance of \w+, for which there is no codec/);
    for (const value of [new String("s"), new Number(1), Object(1n), Object.create({ x: 1 })]) {
      refused(value, "$", /an instance of/);
    }
    for (const type of [Date, Map, Set, Uint8Array, ArrayBuffer, Float64Array]) {
      refused([Object.create(type.prototype)], "$[0]", /an instance of/);
    }
    class Buffer extends Uint8Array {}
    refused(Buffer.of(1), "$", /a Buffer of Node/);
  });

  it("cycles", () => {
    const value: { a: [number, { back?: unknown }] } = { a: [1, {}] };
    value.a[1].back = value.a;
    refused(value, "$.a[1].back", /the same object as \$\.a, .* a cycle/);
    const map = new Map<string, unknown>();
    map.set("self", map);
    refused(map, '$.get("self")', /the same object as \$, .* a cycle/);
  });

  it("nesting beyond 1000", () => {
    let deep: unknown = 1;
    for (let i = 0; i < 1000; i++) deep = i % 2 === 0 ? [deep] : { d: deep };
    assert.equal(toHex(encodeValue(decodeValue(encodeValue(deep)))), toHex(encodeValue(deep)));
    assert.throws(() => encodeValue([deep]), { code: "VALUE_UNSUPPORTED", message: /nested more than 1000 deep/ });
    assert.throws(() => decodeValue(bytesOf("cb01".repeat(1001) + "01")), { code: "BYTES_INVALID" });
  });

  it("too many holes, and detached buffers where the runtime can tell", () => {
    refused([new Array(2_000_000)], "$[0]", /too many holes/);
    refused(
      Array.from({ length: 3 }, () => new Array(500_000)),
      "$[2]",
      /too many holes/,
    );
    const bytes = Uint8Array.of(1);
    structuredClone(bytes, { transfer: [bytes.buffer] });
    if ((bytes.buffer as { detached?: boolean }).detached === true) refused(bytes, "$", /a detached buffer/);
  });

  it("what is not the same each time it is read, as far as it can be seen", () => {
    const shifty = new Proxy({}, { ownKeys: () => ["a"], getOwnPropertyDescriptor: () => undefined });
    assert.throws(() => encodeValue(shifty), { code: "VALUE_UNSUPPORTED" });
  });
});

describe("decodeValue", () => {
  const survives = (bytes: Uint8Array): void => {
    try {
      encodeValue(decodeValue(bytes));
    } catch (error) {
      assert.equal((error as Error).name, "SerializationError", (error as Error).stack ?? "");
    }
  };

  it("answers any bytes with a value or a SerializationError", () => {
    const tag = fc.oneof(fc.integer({ min: 0xc0, max: 0xe1 }), fc.constantFrom(0, 1, 2, 0x81, 0x61, 0xff), fc.nat(255));
    check(
      fc.property(
        fc.oneof(
          fc.uint8Array({ maxLength: 200 }),
          fc.array(tag).map((b) => Uint8Array.from(b)),
        ),
        survives,
      ),
    );
  });

  it("answers damaged values with a value or a SerializationError", () => {
    check(
      fc.property(anyValue, fc.nat(), fc.nat(255), (value, at, byte) => {
        const bytes = encodeValue(value);
        bytes[at % bytes.length] = byte;
        survives(bytes);
      }),
    );
  });

  it("refuses every cut and every addition", () => {
    check(
      fc.property(anyValue, fc.nat(), (value, at) => {
        const bytes = encodeValue(value);
        assert.throws(() => decodeValue(bytes.subarray(0, at % bytes.length)), { code: "BYTES_INVALID" });
        assert.throws(() => decodeValue(concatBytes([bytes, Uint8Array.of(0xc0)])), { code: "BYTES_INVALID" });
      }),
    );
  });

  it("refuses forms that no value has", () => {
    const forms = {
      "an unknown tag": "df",
      "a hole outside of an array": "cd01",
      "an integer of 33 bits": "c48080808010",
      "a negative zero bigint": "c701",
      "a bigint with a leading zero": "c7040001",
      "a date between milliseconds": "c83fe0000000000000",
      "a date out of range": "c87fefffffffffffff",
      "half an element": "ca0403010203",
      "an unknown kind of buffer": "ca6300",
      "a key twice": "d0040161016101" + "02",
      "keys in no possible order": "d00401610131" + "0102",
      "an undefined shape": "e0",
      "a Map with a key twice": "ce0201010102",
      "a Set with an item twice": "cf020101",
      "a string that is no WTF-8": "81ff",
      "no hole in an array with holes": "cc0101",
      "two holes in a row": "cc03cd01cd0101",
      "an empty hole": "cc01cd0001",
      "a hole past the end": "cc01cd02",
    };
    for (const [what, hex] of Object.entries(forms)) {
      assert.throws(() => decodeValue(bytesOf(hex)), { code: "BYTES_INVALID" }, what);
    }
  });

  it("believes no length that the bytes cannot hold", () => {
    const huge = "ffffffffffffff0f";
    for (const tag of ["c6", "c7", "c9", "ca00", "cb", "cc", "ce", "cf", "d0", "d1"]) {
      assert.throws(() => decodeValue(bytesOf(tag + huge)), { code: "BYTES_INVALID" }, tag);
    }
    assert.throws(() => decodeValue(bytesOf(`${"cbc801".repeat(900)}00`)), { code: "BYTES_INVALID" });
    assert.throws(() => decodeValue(bytesOf(`cc${huge}cd${huge}`)), { code: "BYTES_INVALID" });
    const holes = `cc808040cd808040`;
    assert.throws(() => decodeValue(bytesOf(`cb02${holes}${holes}`)), { code: "BYTES_INVALID" });
  });

  it("reads from a view of a larger buffer", () => {
    class Slicing extends Uint8Array {
      override slice(start?: number, end?: number): ReturnType<Uint8Array<ArrayBuffer>["slice"]> {
        return super.subarray(start, end) as ReturnType<Uint8Array<ArrayBuffer>["slice"]>;
      }
    }
    const bytes = concatBytes([Uint8Array.of(1, 2), encodeValue({ a: [Uint8Array.of(9)] })]);
    const view = new Slicing(bytes.buffer as ArrayBuffer).subarray(2);
    const decoded = decodeValue(view) as { a: [Uint8Array] };
    bytes.fill(0);
    assert.ok(sameValue(decoded, { a: [Uint8Array.of(9)] }));
  });
});
