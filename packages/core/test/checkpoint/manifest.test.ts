import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { sealBytes } from "../../src/bytes/sealed.ts";
import { decodeManifest, encodeManifest, manifestName } from "../../src/checkpoint/manifest.ts";
import { encodeValue } from "../../src/state/value-codec.ts";
import { refusesAllDamage } from "./damaged.ts";
import { GOLDEN_MANIFEST, GOLDEN_MANIFEST_BYTES } from "./golden/manifest.ts";
import { bytesOf, hexOf } from "./hex.ts";

describe("encodeManifest and decodeManifest", () => {
  it("bring back a manifest with everything in it", () => {
    assert.deepEqual(decodeManifest("name", encodeManifest(GOLDEN_MANIFEST)), GOLDEN_MANIFEST);
  });

  it("bring back an empty one", () => {
    const empty = { ...GOLDEN_MANIFEST, sources: [], operators: [], sinks: [], stores: [] };
    assert.deepEqual(decodeManifest("name", encodeManifest(empty)), empty);
  });

  it("give the golden bytes of version 0", () => {
    assert.equal(hexOf(encodeManifest(GOLDEN_MANIFEST)), hexOf(bytesOf(GOLDEN_MANIFEST_BYTES)));
    assert.deepEqual(decodeManifest("name", bytesOf(GOLDEN_MANIFEST_BYTES)), GOLDEN_MANIFEST);
  });
});

describe("decodeManifest", () => {
  it("refuses every damage to a byte and every truncation (COR-15)", () => {
    refusesAllDamage(encodeManifest(GOLDEN_MANIFEST), (bytes) => decodeManifest("name", bytes));
  });

  it("names the manifest, and says that no older checkpoint is taken instead (HA-01)", () => {
    assert.throws(() => decodeManifest("0000000003-0000000000000042", new Uint8Array(3)), {
      code: "CHECKPOINT_CORRUPT",
      message: /manifest "0000000003-0000000000000042": .*an older one is never taken/,
      details: { manifest: "0000000003-0000000000000042" },
    });
  });

  it("refuses another file and a later version (MET-01)", () => {
    const body = encodeValue(GOLDEN_MANIFEST);
    for (const bytes of [
      sealBytes("TMHD", 0, body),
      sealBytes("TMMF", 1, body),
      sealBytes("TMMF", 0, body.subarray(1)),
    ]) {
      assert.throws(() => decodeManifest("name", bytes), { code: "CHECKPOINT_CORRUPT" });
    }
  });
});

describe("manifestName", () => {
  it("begins with generation and checkpoint in decimal digits that sort as the numbers do", () => {
    assert.equal(manifestName(3, 42), "0000000003-0000000000000042");
    const names = [manifestName(1, 2 ** 53 - 1), manifestName(2, 9), manifestName(2, 10), manifestName(10, 1)];
    assert.deepEqual(names.toSorted(), names);
  });

  it("is another one for another generation: a fenced process never writes over a living one's", () => {
    assert.notEqual(manifestName(1, 7), manifestName(2, 7));
  });
});
