import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { windowStart } from "../../src/time/windows.ts";
import { check } from "../bytes/property.ts";

describe("windowStart, for any date", () => {
  it("gives a multiple of the size, moved by the offset, with the timestamp in the window", () => {
    check(
      fc.property(
        fc.integer({ min: -8.64e15, max: 8.64e15 }),
        fc.oneof(fc.integer({ min: 1, max: 100 }), fc.integer({ min: 1, max: 86_400_000 })),
        fc.integer({ min: 0, max: 86_400_000 }),
        (timestamp, sizeMs, offsetMs) => {
          const start = windowStart(timestamp, { everyMs: sizeMs, offsetMs });
          assert.ok(start <= timestamp && timestamp < start + sizeMs);
          assert.equal((BigInt(start) - BigInt(offsetMs)) % BigInt(sizeMs), 0n);
        },
      ),
    );
  });
});
