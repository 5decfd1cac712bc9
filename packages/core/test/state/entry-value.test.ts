import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ByteWriter } from "../../src/bytes/writer.ts";
import { decodeEntryValue, encodeEntryValue, entryVersion } from "../../src/state/entry-codec.ts";
import { Stamped, Unread, UNSTAMPED } from "../../src/state/held.ts";
import { hexOf } from "../checkpoint/hex.ts";

/** What a cell holds, the declared version, and the bytes: see docs/format.md, "Entries". */
const CASES: readonly (readonly [string, unknown, number, string])[] = [
  ["a value of version 0", 7, 0, "0007"],
  ["a value of version 3", 7, 3, "0607"],
  ["a value with its time", new Stamped(7, 300), 0, "01ac0207"],
  ["a value with its time, of version 100", new Stamped("a", 1), 100, "c9010181" + "61"],
  ["a value that is still to get its time", new Stamped(7, UNSTAMPED), 2, "0407"],
  ["a value that nobody has read, of its own version", new Unread(7, 1, undefined), 5, "0207"],
  ["the same, with its time", new Unread(7, 1, 300), 5, "03ac0207"],
];

describe("encodeEntryValue", () => {
  for (const [what, held, version, hex] of CASES) {
    it(`writes ${what} as it is specified, and reads it again`, () => {
      const bytes = encodeEntryValue(new ByteWriter(), held, version);
      assert.equal(hexOf(bytes), hex);
      const { value, at, version: found } = decodeEntryValue(bytes);
      assert.deepEqual(encodeEntryValue(new ByteWriter(), new Unread(value, found, at), 0), bytes);
      assert.equal(entryVersion(bytes), found);
    });
  }
});
