import { memoryScenarios } from "./scenarios.ts";
import { runScenario, simWorld } from "@tidemark/core/testing";
// count via trace lines: need batches; patch trace
for (const s of memoryScenarios.slice(0, 2)) {
  let al = 0,
    between = 0,
    cp = 0;
  for (let seed = 1; seed <= 40; seed++) {
    const world = simWorld(seed);
    const prepared = s.prepare(world);
    const open = new Map();
    const note = world.trace.note.bind(world.trace);
    world.trace.note = (l) => {
      note(l);
      let m;
      if ((m = /^\d+ alignment-started (\d+) (.*)$/.exec(l))) {
        open.set(m[2], 0);
        al++;
      }
      if ((m = /^\d+ alignment-ended (\d+) (.*)$/.exec(l))) {
        if (open.get(m[2])) between++;
        open.delete(m[2]);
      }
      if ((m = /^\d+ batch (.*)$/.exec(l))) {
        if (open.has(m[1])) open.set(m[1], open.get(m[1]) + 1);
      }
      if (/checkpoint-completed/.test(l)) cp++;
    };
    const p = world.spawn();
    p.start(() => prepared.launch(p));
    await world.run(p);
  }
  console.log(s.name, { al, between, cp });
}
