import { memoryScenarios } from "./scenarios.ts";
import { runScenario, sweepCrashPoints, describeSweep } from "@tidemark/core/testing";
for (const s of memoryScenarios)
  for (const seed of [1, 2, 3]) {
    const t = performance.now();
    const r = await runScenario(s, seed);
    console.log(
      s.name,
      seed,
      r.violations.slice(0, 5),
      r.effects.length,
      "writes",
      r.effects.filter((e) => !e.read).length,
      "steps",
      r.steps,
      JSON.stringify(r.tally),
      r.points.get("head.written"),
      Math.round(performance.now() - t),
    );
  }
if (process.argv[2] === "sweep")
  for (const s of memoryScenarios)
    for (const seed of [1, 2, 3]) {
      const t = performance.now();
      const r = await sweepCrashPoints(s, { seed, failures: seed === 2, inFlight: seed === 3 });
      console.log(describeSweep(r), Math.round(performance.now() - t));
    }
