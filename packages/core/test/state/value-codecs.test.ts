import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { decodeValue, encodeValue } from "../../src/state/value-codec.ts";
import { type ValueCodec, valueCodecs } from "../../src/state/value-codecs.ts";

class Money {
  readonly cents: bigint;
  readonly currency: string;
  constructor(cents: bigint, currency: string) {
    if (typeof cents !== "bigint") throw new TypeError("cents is no bigint");
    this.cents = cents;
    this.currency = currency;
  }
}

class Price extends Money {}

const money: ValueCodec<Money> = {
  name: "Money",
  class: Money,
  encode: (value) => [value.cents, value.currency],
  decode: (plain) => new Money(...(plain as [bigint, string])),
};
const codecs = valueCodecs([money]);

describe("valueCodecs", () => {
  it("carry instances of their classes", () => {
    const value = {
      total: new Money(5n, "EUR"),
      parts: [new Money(-7n, "EUR")],
      by: new Map([["a", new Money(0n, "")]]),
    };
    const decoded = decodeValue(encodeValue(value, codecs), codecs) as typeof value;
    assert.deepStrictEqual(decoded, value);
    assert.ok(decoded.total instanceof Money);
  });

  it("let the functions of a literal know their class", () => {
    const inline = valueCodecs([
      {
        name: "Money",
        class: Money,
        encode: (m: Money) => m.cents,
        decode: (plain) => new Money(plain as bigint, "EUR"),
      },
      { name: "URL", class: URL, encode: (url: URL) => url.href, decode: (href) => new URL(href as string) },
    ]);
    assert.deepEqual(inline.names, ["Money", "URL"]);
    const decoded = decodeValue(encodeValue([new URL("http://a/b")], inline), inline) as URL[];
    assert.equal(decoded[0]?.href, "http://a/b");
  });

  it("do not carry subclasses, and say what lies behind an instance that fails", () => {
    assert.throws(() => encodeValue([new Price(1n, "EUR")], codecs), {
      code: "VALUE_UNSUPPORTED",
      details: { path: "$[0]", found: "an instance of Price, for which there is no codec" },
    });
    const leaky = valueCodecs([{ ...money, encode: () => ({ f: () => 1 }) }]);
    assert.throws(() => encodeValue([new Money(1n, "")], leaky), { message: /\$\[0\]<Money>\.f is the function f/ });
    const endless = valueCodecs([{ ...money, encode: (value) => value }]);
    assert.throws(() => encodeValue(new Money(1n, ""), endless), { code: "VALUE_UNSUPPORTED", message: /cycle/ });
  });

  it("refuse bytes of a class that they do not have", () => {
    const bytes = encodeValue(new Money(1n, "EUR"), codecs);
    assert.throws(() => decodeValue(bytes), {
      code: "FORMAT_UNKNOWN",
      message: /"Money"/,
      details: { codec: "Money" },
    });
  });

  it("turn a failure to decode into BYTES_INVALID, and let a failure to encode through", () => {
    const other = valueCodecs([{ ...money, encode: () => ["no bigint", ""] }]);
    const bytes = encodeValue(new Money(1n, ""), other);
    assert.throws(
      () => decodeValue(bytes, codecs),
      (error: { code?: string; cause?: unknown }) => {
        assert.equal(error.code, "BYTES_INVALID");
        assert.ok(error.cause instanceof TypeError);
        return true;
      },
    );
    const broken = new Error("broken");
    const throwing = valueCodecs([
      {
        ...money,
        encode: () => {
          throw broken;
        },
      },
    ]);
    assert.throws(
      () => encodeValue({ m: new Money(1n, "") }, throwing),
      (error) => error === broken,
    );
  });

  it("refuse names and classes that are missing, repeated or built in", () => {
    assert.throws(() => valueCodecs([{ ...money, name: "" }]), TypeError);
    assert.throws(() => valueCodecs([money, { ...money, class: Price }]), TypeError);
    assert.throws(() => valueCodecs([money, { ...money, name: "Other" }]), TypeError);
    for (const type of [Object, Array, Map, Set, Date, Uint8Array, Float64Array, ArrayBuffer, DataView]) {
      assert.throws(() => valueCodecs([{ name: "X", class: type, encode: (v) => v, decode: () => [] }]), TypeError);
    }
    assert.ok(Object.isFrozen(codecs) && Object.isFrozen(codecs.names));
  });
});
