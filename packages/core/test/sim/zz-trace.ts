import { memoryScenarios } from "./scenarios.ts";
import { simWorld } from "@tidemark/core/testing";
const s = memoryScenarios[0]!;
const world = simWorld(5);
const prepared = s.prepare(world);
const note = world.trace.note.bind(world.trace);
let t0 = world.now();
world.trace.note = (l) => {
  note(l);
  console.log((world.now() - t0).toFixed(2), l);
};
const p = world.spawn();
p.start(() => prepared.launch(p));
await world.run(p);
