import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { toHex } from "../../src/bytes/compare.ts";
import { decodeInFlight, encodeInFlight, type InFlightContent } from "../../src/checkpoint/in-flight.ts";

const CONTENTS: readonly InFlightContent[] = [
  {
    channel: { from: "a", side: undefined, to: "b", input: 0, nth: 0, writer: 1, reader: 2 },
    elements: [
      { kind: "batch", bytes: new Uint8Array([1, 2, 3]) },
      { kind: "watermark", time: -5 },
    ],
  },
  { channel: { from: "a", side: "late", to: "c", input: 1, nth: 1, writer: 0, reader: 0 }, elements: [] },
];

describe("encodeInFlight", () => {
  it("has the bytes that docs/format.md gives", () => {
    assert.equal(
      toHex(encodeInFlight(CONTENTS)),
      "544d4946" +
        "0000" +
        "00000028" +
        "02" +
        "0161" +
        "00" +
        "0162" +
        "00" +
        "00" +
        "01" +
        "02" +
        "02" +
        "01" +
        "03010203" +
        "02" +
        "c014000000000000" +
        "0161" +
        "01" +
        "046c617465" +
        "0163" +
        "01" +
        "01" +
        "00" +
        "00" +
        "00" +
        "78a437cd",
    );
  });

  it("is read back as it was", () => {
    assert.deepEqual(decodeInFlight("name", encodeInFlight(CONTENTS)), CONTENTS);
  });

  it("refuses any byte that is not as it was, by name", () => {
    const bytes = encodeInFlight(CONTENTS);
    for (let index = 0; index < bytes.length; index++) {
      const damaged = bytes.slice();
      damaged[index] = (damaged[index] as number) ^ 4;
      assert.throws(() => decodeInFlight("name", damaged), { code: "CHECKPOINT_CORRUPT", message: /"name"/ });
    }
  });
});
