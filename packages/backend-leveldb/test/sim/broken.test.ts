import assert from "node:assert/strict";
import { exponentialDelay } from "@tidemark/core";
import { test } from "node:test";

import { faultsOf, jobScenario, runScenario, timersJob } from "@tidemark/core/testing";
import { simLeveldb } from "@tidemark/backend-leveldb/testing";

const LONGEST_MS = 60_000;

// After a failed batch only another opening of the database helps. Until the job started again for it, state that was to
// leave memory was written again and again to no avail, and with it every checkpoint waited, each for its ten minutes.
test("leveldb: a batch that fails makes the job start again at once, whatever checkpoints may fail", async () => {
  const scenario = jobScenario(timersJob({ records: 6 }), simLeveldb(), {
    checkpoint: { interval: "20ms", tolerableFailures: 1000 },
    restart: exponentialDelay(),
    channelRecords: 6,
    parallelism: 2,
    evictions: 0.5,
  });
  const { effects } = await runScenario(scenario, 1);
  const writes = effects.filter(({ name }) => name.startsWith("db.write"));
  assert.ok(writes.length >= 15, `only ${writes.length} writes`);
  for (const fault of faultsOf(writes, false, { crashes: false, failures: true })) {
    const report = await runScenario(scenario, 1, [fault], { virtualMsMax: LONGEST_MS });
    assert.deepEqual(report.violations, [], `effect ${fault.at} ${fault.form}`);
  }
});
