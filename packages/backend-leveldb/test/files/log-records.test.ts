import assert from "node:assert/strict";
import { test } from "node:test";
import { toHex } from "@tidemark/core/internal";
import { simRandom, type SimRandom } from "@tidemark/core/testing";
import { scanLog, scanLogFile } from "../../src/files/log-records.ts";
import { logOf, memoryDirectory } from "./level-files.ts";

/** Larger than a slice, with records that lie across several blocks and slices. */
function randomLog(random: SimRandom): Uint8Array {
  const sizes = Array.from({ length: 3 + random.below(20) }, () => random.below(random.chance(0.2) ? 200_000 : 2_000));
  const log = logOf(sizes.map((size, index) => new Uint8Array(size).fill(index)));
  for (let flips = random.below(4); flips > 0; flips--) {
    const at = random.below(log.length);
    log[at] = (log[at] as number) ^ 0x10;
  }
  return random.chance(0.5) ? log : log.slice(0, random.below(log.length));
}

test("scanLogFile: finds in a file, slice by slice, what is found in all of its bytes at once", async () => {
  let holes = 0;
  for (let seed = 1; seed <= 200; seed++) {
    const log = randomLog(simRandom(seed));
    const directory = memoryDirectory(new Map([["000005.log", log]]));
    const found = await scanLogFile(directory.openFile("000005.log"), 12);
    const wanted = scanLog(log);
    const heads = wanted.records.map((record) => record.slice(0, 12));
    assert.deepEqual(found.records.map(toHex), heads.map(toHex), `seed ${seed}`);
    assert.deepEqual({ ...found, records: [] }, { ...wanted, records: [] }, `seed ${seed}`);
    if (found.hasHole) holes++;
  }
  assert.ok(holes > 20 && holes < 180, `${holes} with a hole`);
});

test("scanLog: says where each record ends", () => {
  const records = [10, 40_000, 200_000, 0, 33_000].map((size, index) => new Uint8Array(size).fill(index));
  const wanted = records.map((_, index) => logOf(records.slice(0, index + 1)).length);
  const found = scanLog(logOf(records));
  assert.deepEqual(found.ends, wanted);
  assert.deepEqual(found.records.map(toHex), records.map(toHex));
});
