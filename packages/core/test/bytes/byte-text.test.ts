import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { byteText } from "../../src/bytes/byte-text.ts";

describe("byteText", () => {
  it("has one character for each byte, of short and of long ones", () => {
    for (const length of [0, 1, 255, 4_095, 4_096, 4_097, 100_000]) {
      const bytes = Uint8Array.from({ length }, (_, index) => (index * 7) & 0xff);
      const text = byteText(bytes);
      assert.equal(text.length, length);
      assert.ok(bytes.every((byte, index) => text.charCodeAt(index) === byte));
    }
  });
});
