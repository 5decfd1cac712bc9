import assert from "node:assert/strict";
import { test } from "node:test";
import { unsnappy } from "../../src/files/snappy.ts";

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const ascii = (characters: string): Uint8Array => new TextEncoder().encode(characters);

test("unsnappy: literals, and copies of each kind, also into themselves", () => {
  assert.equal(text(unsnappy(Uint8Array.of(0))), "");
  assert.equal(text(unsnappy(Uint8Array.of(3, 0x08, ...ascii("abc")))), "abc");
  // The length of a literal in a byte of its own.
  assert.equal(text(unsnappy(Uint8Array.of(3, 0xf0, 2, ...ascii("abc")))), "abc");
  assert.equal(text(unsnappy(Uint8Array.of(3, 0xf4, 2, 0, ...ascii("abc")))), "abc");
  // Copies with an offset of 11, 16 and 32 bits.
  assert.equal(text(unsnappy(Uint8Array.of(9, 0x04, ...ascii("ab"), 0x0d, 2))), "ababababa");
  assert.equal(text(unsnappy(Uint8Array.of(5, 0x04, ...ascii("ab"), 0x0a, 2, 0))), "ababa");
  assert.equal(text(unsnappy(Uint8Array.of(5, 0x04, ...ascii("ab"), 0x0b, 1, 0, 0, 0))), "abbbb");
});

test("unsnappy: what does not fit together is refused", () => {
  for (const bytes of [
    [],
    [3, 0x08, 0x61],
    [4, 0x08, ...ascii("abc")],
    [2, 0x08, ...ascii("abc")],
    [5, 0x04, ...ascii("ab"), 0x0a, 3, 0],
    [8, 0x04, ...ascii("ab"), 0x0a],
  ]) {
    assert.throws(() => unsnappy(Uint8Array.from(bytes)), Error, bytes.join(" "));
  }
});
