import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { sealBytes } from "../../src/bytes/sealed.ts";
import { decodeHead, encodeHead, firstHead, type Head } from "../../src/checkpoint/head.ts";
import { refusesAllDamage } from "./damaged.ts";
import { GOLDEN_HEAD, GOLDEN_HEAD_BYTES } from "./golden/head.ts";
import { bytesOf, hexOf } from "./hex.ts";

describe("encodeHead and decodeHead", () => {
  const heads: readonly (readonly [string, Head])[] = [
    ["the first", firstHead("job")],
    ["one with two retained checkpoints", GOLDEN_HEAD],
    [
      "the greatest numbers, and a name of all planes",
      { job: "j\ud800😀", owner: "ffffffffffffffff", generation: 2 ** 53 - 1, nextId: 2 ** 53 - 1, retained: [] },
    ],
  ];
  for (const [name, head] of heads) {
    it(`bring back ${name}`, () => {
      assert.deepEqual(decodeHead(encodeHead(head)), head);
    });
  }

  it("give the golden bytes of version 0", () => {
    assert.equal(hexOf(encodeHead(GOLDEN_HEAD)), hexOf(bytesOf(GOLDEN_HEAD_BYTES)));
    assert.deepEqual(decodeHead(bytesOf(GOLDEN_HEAD_BYTES)), GOLDEN_HEAD);
  });
});

describe("decodeHead", () => {
  it("refuses every damage to a byte and every truncation (COR-15)", () => {
    refusesAllDamage(encodeHead(GOLDEN_HEAD), decodeHead);
  });

  it("refuses another file and a later version, and says what to do", () => {
    const { body } = { body: encodeHead(firstHead("job")).slice(10, -4) };
    for (const bytes of [sealBytes("TMMF", 0, body), sealBytes("TMHD", 1, body)]) {
      assert.throws(() => decodeHead(bytes), {
        code: "CHECKPOINT_CORRUPT",
        message: /^Cannot read the head record: .*found/,
      });
    }
  });

  it("refuses a body with something behind its end", () => {
    const body = encodeHead(firstHead("job")).slice(10, -4);
    const longer = new Uint8Array(body.length + 1);
    longer.set(body);
    assert.throws(() => decodeHead(sealBytes("TMHD", 0, longer)), { code: "CHECKPOINT_CORRUPT" });
    assert.throws(() => decodeHead(sealBytes("TMHD", 0, body.subarray(0, -1))), { code: "CHECKPOINT_CORRUPT" });
  });
});

describe("firstHead", () => {
  it("has drawn no id and retains nothing", () => {
    assert.deepEqual(firstHead("job"), { job: "job", owner: "", generation: 0, nextId: 1, retained: [] });
  });
});
