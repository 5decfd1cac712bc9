import assert from "node:assert/strict";
import { test } from "node:test";
import { compareBytes } from "../../../src/bytes/compare.ts";
import { BlockCursor, BlockWriter } from "../../../src/state/segments/block-codec.ts";
import type { Change } from "../../../src/state/segments/delta.ts";
import { seededRandom } from "../../../src/testing/state-backend/suite-env.ts";
import { atWidth } from "../../width.ts";

const { env } = (globalThis as { process?: { env?: Readonly<Record<string, string | undefined>> } }).process ?? {};
const SEED = Number(env?.["SEED"] ?? 1);
const RUNS = Number(env?.["RUNS"] ?? atWidth(200));

/** Short keys of few letters: many begin with one another, and many differ in the last byte alone. */
function drawKey(random: () => number): Uint8Array {
  return Uint8Array.from(
    { length: Math.floor(random() * 7) },
    () => [0, 1, 127, 128, 255][Math.floor(random() * 5)] as number,
  );
}

test(`BlockCursor: finds, seeks and walks as a sorted list does, ${RUNS} blocks (SEED=${SEED})`, () => {
  const random = seededRandom(SEED);
  for (let run = 0; run < RUNS; run++) {
    const model = new Map<string, { key: Uint8Array; value: Change }>();
    for (let i = Math.floor(random() * 90); i > 0; i--) {
      const key = drawKey(random);
      model.set(key.join("."), { key, value: random() < 0.2 ? null : new Uint8Array(Math.floor(random() * 300)) });
    }
    const sorted = [...model.values()].toSorted((a, b) => compareBytes(a.key, b.key));
    const writer = new BlockWriter();
    for (const { key, value } of sorted) writer.add(key, value);
    const block = writer.finish().slice();
    for (let probe = 0; probe < 60; probe++) {
      const key = drawKey(random);
      assert.deepEqual(new BlockCursor(block).find(key), model.get(key.join("."))?.value);
      const cursor = new BlockCursor(block);
      const walked = [];
      for (let entry = cursor.seek(key); entry !== undefined; entry = cursor.next()) walked.push(entry);
      assert.deepEqual(
        walked,
        sorted.filter((entry) => compareBytes(entry.key, key) >= 0),
      );
    }
  }
});

test("BlockCursor: bytes that cannot be a block are refused", () => {
  for (const bytes of [new Uint8Array(0), Uint8Array.of(0, 0, 0, 9), Uint8Array.of(1, 255, 255, 255, 255)]) {
    assert.throws(() => new BlockCursor(bytes), { code: "BYTES_INVALID" });
  }
});
