import { memory } from "@tidemark/backend-memory";
import { effectBackend } from "/work/main/packages/core/src/testing/sim/backend.ts";
import { jobScenario } from "/work/main/packages/core/src/testing/sim/job-scenario.ts";
import { countingJob } from "/work/main/packages/core/src/testing/sim/jobs/counting.ts";
import { windowsJob } from "/work/main/packages/core/src/testing/sim/jobs/windows.ts";
import { runScenario } from "/work/main/packages/core/src/testing/sim/scenario.ts";
import { sweepCrashPoints, describeSweep } from "/work/main/packages/core/src/testing/sim/sweep.ts";
const backend = { name: "memory", disk: false, prepare: () => { const inner = memory(); return (p) => effectBackend(p, inner); } };
for (const job of [countingJob(), windowsJob()]) for (const parallelism of [1, 2]) for (const seed of [1,2,3]) {
  const s = jobScenario(job, backend, { parallelism, checkpoint: { interval: "100ms" } });
  const t = performance.now();
  const r = await sweepCrashPoints(s, {seed, failures: seed === 2, inFlight: seed === 3});
  console.log(describeSweep(r), Math.round(performance.now()-t));
}
