import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { toHex } from "../../src/bytes/compare.ts";
import { decodeKey, encodeKey, type Key } from "../../src/state/key-codec.ts";
import { identityOf, type KeyIdentity, ownKey } from "../../src/state/row.ts";
import { check } from "../bytes/property.ts";
import { anyKey } from "./key-order.ts";

/** Parts whose texts, put together without care, would read as others do. */
const TEXTS: readonly Key[] = ["", ",", "1", "1,", "1,1", '1,"', "1,null", '"', '"1', '1:"', ":", "null", "true"];
const NUMBERS: readonly Key[] = [0, -0, 1, 11, -1, 0.5, 1e21, 1n, true, false, null];
const OBJECTS: readonly Key[] = [new Date(1), Uint8Array.of(1), [], [1], ["1"]];
const TRICKY: readonly Key[] = [...TEXTS, ...NUMBERS, ...OBJECTS];

/** Asserts that keys have the same identity if and only if they have the same bytes. */
function assertIdentities(keys: readonly Key[]): void {
  const identities = new Map<string, KeyIdentity>();
  const bytes = new Map<KeyIdentity, string>();
  for (const key of keys) {
    const identity = identityOf(key);
    const encoded = toHex(encodeKey(key));
    // As a map compares them: to it -0 is 0.
    assert.ok((identities.get(encoded) ?? identity) === identity, `two identities of ${encoded}`);
    assert.equal(bytes.get(identity) ?? encoded, encoded, `one identity, ${String(identity)}, of two keys`);
    identities.set(encoded, identity);
    bytes.set(identity, encoded);
  }
}

describe("identityOf", () => {
  it("tells tuples apart whose parts put together read alike", () => {
    const pairs = TRICKY.flatMap((one) => TRICKY.map((other): Key => [one, other]));
    const triples = pairs.flatMap((pair) => [1, "1", ""].map((third): Key => [...(pair as Key[]), third]));
    assertIdentities([...TRICKY, ...TRICKY.map((one): Key => [one]), ...pairs, ...triples]);
  });

  it("is the same for keys with the same bytes, and for no others", () => {
    check(
      fc.property(fc.array(anyKey, { maxLength: 200 }), (keys) => assertIdentities(keys)),
      50,
    );
  });
});

/** Asserts that what a row keeps of a key is what its bytes say, in objects of its own. */
function assertOwn(key: Key): void {
  const own = ownKey(key);
  assert.deepEqual(own, decodeKey(encodeKey(key)));
  if (typeof key === "object" && key !== null) assert.notEqual(own, key);
}

describe("ownKey", () => {
  it("is the key as its bytes have it, and no object of the record's", () => {
    for (const one of TRICKY) for (const other of TRICKY) assertOwn([one, other]);
    check(fc.property(anyKey, assertOwn), 200);
  });

  it("refuses in a tuple what can be no key", () => {
    for (const part of [NaN, Infinity, undefined, {}, () => 0]) {
      assert.throws(() => ownKey(["a", part as Key]), { code: "KEY_UNSUPPORTED" });
    }
  });
});
