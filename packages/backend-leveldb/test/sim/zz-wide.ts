import { levelBackend } from "./scenarios.ts";
import { memoryBackend } from "../../../core/test/sim/scenarios.ts";
import { sweepCrashPoints, describeSweep, jobScenario, countingJob, windowsJob } from "@tidemark/core/testing";
const from = Number(process.argv[2] ?? 1), to = Number(process.argv[3] ?? 5);
let runs = 0; const t0 = performance.now();
const deadline = t0 + Number(process.argv[4] ?? 300) * 1000;
outer: for (let seed = from; seed <= to; seed++) for (const backend of [memoryBackend, levelBackend]) for (const job of [countingJob(), windowsJob()]) {
  for (const [tag, o] of Object.entries({
    unfused: { parallelism: 2, fuse: false }, p3: { parallelism: 3 }, retained: { parallelism: 2, checkpoint: { interval: "10ms", retained: 3 } }, bytes: {parallelism: 2, host: "bytes", fuse: false}, pause: {parallelism: 1, fuse: false, checkpoint: {interval: "30ms", minPause: "25ms", tolerableFailures: 3}},
  })) {
    if (performance.now() > deadline) break outer;
    const s = jobScenario(job as any, backend, { checkpoint: { interval: "20ms" }, channelRecords: 1 + seed % 7, ...(o as any) });
    const r = await sweepCrashPoints({...s, name: s.name + "!" + tag}, {seed, failures: true, inFlight: seed % 2 === 0, again: "once"});
    runs += r.runs;
    if (r.failures.length) console.log(describeSweep(r)); else console.log(s.name, tag, seed, r.runs, r.effects, r.checkpoints);
  }
}
console.log("runs", runs, Math.round(performance.now()-t0));
