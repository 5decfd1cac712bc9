import assert from "node:assert/strict";
import { test } from "node:test";

// @boundaries-ignore core's tests run on a backend that depends on core: declaring that would close a circle
import { simMemory } from "@tidemark/backend-memory/testing";
import { pipeline, type Pipeline } from "@tidemark/core";
import { simSink, simTopic, simulate, simWorld } from "@tidemark/core/testing";
import { tumbling } from "@tidemark/core/windows";

import { atWidth } from "../width.ts";

interface Reading {
  readonly sensor: string;
  readonly at: number;
}

const world = simWorld(0);
const process = world.spawn();
const readings = (sensor: string, count: number, stepMs: number): readonly Reading[] =>
  Array.from({ length: count }, (_, index) => ({ sensor, at: index * stepMs }));

/** Two sources in one group, each with splits that run at different speeds through event time. */
function countPerWindow(): Pipeline {
  const source = simTopic<Reading>(world, {}).source(process);
  const together = {
    eventTime: ({ at }: Reading) => at,
    alignment: { group: "readings", maxDrift: "3ms" },
  } as const;
  const job = pipeline("readings");
  job
    .source("inside", source, together)
    .union(job.source("outside", source, together))
    .keyBy(({ sensor }) => sensor)
    .window("windows", tumbling("10ms"))
    .aggregate({ create: () => 0, add: (count) => count + 1, result: (count) => count })
    .map(({ key, window, value }) => `${key} from ${window.start}: ${value}`)
    .sink("counts", simSink(world, () => undefined).sink(process));
  return job;
}

test("simulate: splits that are paused and read on again lose nothing and come late with nothing, wherever the job is killed (SRC-06, COR-25)", async () => {
  const inside = { slow: readings("a", 12, 2), fast: readings("b", 12, 9), empty: [] };
  const outside = { faster: readings("c", 10, 20), slower: readings("d", 20, 1) };
  const report = await simulate(countPerWindow, {
    backend: simMemory(),
    sources: { inside, outside },
    seeds: atWidth(20),
  });
  assert.ok(report.crashes >= report.runs, `only ${report.crashes} crashes`);
  const windows = Object.values({ ...inside, ...outside }).flatMap((split) => [
    ...new Set(split.map(({ sensor, at }) => `${sensor} ${Math.floor(at / 10)}`)),
  ]);
  assert.deepEqual(report.rows, { counts: windows.length });
});
