import assert from "node:assert/strict";
import { test } from "node:test";

import { boundMs, measureAll, tooSlow } from "../src/checkpoints/bench.ts";

test("an unaligned checkpoint takes no longer with larger channels, an aligned one does (PAIN-01)", async () => {
  const report = await measureAll([32, 320]);
  const of = (mode: string): readonly number[] =>
    report.loaded.filter((each) => each.mode === mode).map(({ durationMs }) => durationMs);
  const [alignedSmall = 0, alignedLarge = 0] = of("aligned");
  assert.ok(alignedLarge > 4 * alignedSmall, `${alignedSmall} and ${alignedLarge} ms`);
  assert.deepEqual(tooSlow(report), []);
  for (const measured of report.loaded) {
    if (measured.mode === "aligned") continue;
    assert.ok(measured.inFlightBytes > 0 && boundMs(report, measured) < alignedLarge);
  }
  assert.deepEqual(await measureAll([32, 320]), report, "virtual time gives the same figures again");
});
