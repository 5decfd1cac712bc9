import { levelScenarios } from "./scenarios.ts";
import { sweepCrashPoints, describeSweep } from "@tidemark/core/testing";
const from = Number(process.argv[2] ?? 1),
  to = Number(process.argv[3] ?? 5);
let runs = 0;
const t0 = performance.now();
for (let seed = from; seed <= to; seed++)
  for (const s of levelScenarios) {
    const r = await sweepCrashPoints(s, { seed, failures: seed % 2 === 0, inFlight: seed % 3 === 0 });
    runs += r.runs;
    if (r.failures.length || process.argv[4]) console.log(describeSweep(r));
  }
console.log("runs", runs, Math.round(performance.now() - t0));
