import assert from "node:assert/strict";

/** Checks that `read` refuses each way in which one byte can be wrong, and each beginning, with CHECKPOINT_CORRUPT. */
export function refusesAllDamage(bytes: Uint8Array, read: (bytes: Uint8Array) => unknown): void {
  const copy = bytes.slice();
  for (let at = 0; at < copy.length; at++) {
    const byte = copy[at] as number;
    for (let bit = 0; bit < 8; bit++) {
      copy[at] = byte ^ (1 << bit);
      assert.throws(() => read(copy), { code: "CHECKPOINT_CORRUPT" }, `bit ${bit} of byte ${at}`);
    }
    copy[at] = ~byte;
    assert.throws(() => read(copy), { code: "CHECKPOINT_CORRUPT" }, `all bits of byte ${at}`);
    copy[at] = byte;
  }
  for (let length = 0; length < bytes.length; length++) {
    assert.throws(() => read(bytes.subarray(0, length)), { code: "CHECKPOINT_CORRUPT" }, `the first ${length} bytes`);
  }
  const longer = new Uint8Array(bytes.length + 1);
  longer.set(bytes);
  assert.throws(() => read(longer), { code: "CHECKPOINT_CORRUPT" }, "a byte too many");
}
