// runtimes: node24
/** A pipeline fails at every point that it has, and the other pipeline of the job goes on (RST-05). */
import assert from "node:assert/strict";
import { test } from "node:test";

import { jobScenario, regionsJob, runScenario, type SimRunOptions } from "@tidemark/core/testing";
import { unaligned } from "@tidemark/core";

import { memoryBackend } from "./scenarios.ts";

const OPTIONS: SimRunOptions = {
  checkpoint: { interval: "20ms" },
  channelRecords: 6,
  restart: { attempts: 9, delay: "5ms" },
};
/** Records of the pipeline that fails, each of which is a call that may throw. */
const CALLS = 28;

for (const [name, options] of [
  ["aligned × 1", { parallelism: 1 }],
  ["aligned × 2", { parallelism: 2 }],
  ["unaligned × 2", { parallelism: 2, checkpoint: { interval: "8ms", mode: unaligned } }],
  ["several at a time × 2", { parallelism: 2, checkpoint: { interval: "2ms", maxConcurrent: 5 } }],
] as const) {
  test(`regions, ${name}: a throw at every call, and once more after the restart, costs the other pipeline nothing (RST-05)`, async () => {
    for (let call = 0; call < CALLS; call++) {
      // After a restart calls are made again: the second throw comes soon after it.
      const throwsAt = [call, call + 1 + (call % 4)];
      const job = regionsJob({ throwsAt, readersMax: options.parallelism });
      const report = await runScenario(jobScenario(job, memoryBackend, { ...OPTIONS, ...options }), 1 + call);
      assert.deepEqual(report.violations, [], `call ${call}\n${report.tail.join("\n")}`);
      assert.equal(report.lives, 1);
      assert.ok((report.points.get("region.restored") ?? 0) >= 1, `call ${call}: no region was restored`);
      assert.equal(report.points.get("restore.done"), 1, `call ${call}: the whole job was restarted`);
    }
  });
}
