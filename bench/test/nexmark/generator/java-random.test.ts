import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "fast-check";

import { JavaRandom } from "../../../src/nexmark/generator/java-random.ts";

test("JavaRandom draws what Java 17 draws", () => {
  const random = new JavaRandom(42);
  assert.equal(random.int32(), -1170105035);
  assert.equal(random.int(10), 3);
  assert.equal(random.int(16), 10);
  assert.equal(random.double(), 0.047939305137387644);
  assert.equal(random.int(2 ** 30), 1011543762);
  // Almost half of the draws are thrown away with this bound.
  assert.equal(random.int(2 ** 30 + 1), 595021505);
  assert.equal(random.int(2 ** 31 - 1), 1519796918);
});

test("JavaRandom takes seeds beyond 32 bits", () => {
  const random = new JavaRandom(2 ** 41 + 7);
  assert.deepEqual([random.int32(), random.int32()], [-1794173031, 1970746392]);
});

test("JavaRandom steps like the formula in big integers", () => {
  const seed = Number(process.env["SEED"] ?? 1);
  const numRuns = Number(process.env["RUNS"] ?? 200);
  fc.assert(
    fc.property(fc.maxSafeNat(), (start) => {
      const random = new JavaRandom(start);
      let state = (BigInt(start) ^ 0x5deece66dn) & 0xffffffffffffn;
      for (let draw = 0; draw < 20; draw++) {
        state = (state * 0x5deece66dn + 11n) & 0xffffffffffffn;
        assert.equal(random.int32(), Number(BigInt.asIntN(32, state >> 16n)));
      }
    }),
    { seed, numRuns },
  );
});

test("JavaRandom.seed starts again", () => {
  const random = new JavaRandom(1);
  const first = random.int32();
  random.int32();
  random.seed(1);
  assert.equal(random.int32(), first);
});
