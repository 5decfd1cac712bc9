/** Windows whose entries leave memory whenever they may, driven through all that the contract of operators allows. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { frozenEnv } from "@tidemark/core/testing";

import type { WindowAssigner } from "../../../src/operators/windows/assigner.ts";
import type { AnyEvictor } from "../../../src/operators/windows/evictors/evictor.ts";
import { countEvictor } from "../../../src/operators/windows/evictors/count-evictor.ts";
import { session } from "../../../src/operators/windows/session.ts";
import { sliding } from "../../../src/operators/windows/sliding.ts";
import type { AnyTrigger } from "../../../src/operators/windows/triggers/trigger.ts";
import { continuousTrigger } from "../../../src/operators/windows/triggers/continuous-trigger.ts";
import { countTrigger } from "../../../src/operators/windows/triggers/count-trigger.ts";
import { purgingTrigger } from "../../../src/operators/windows/triggers/purging-trigger.ts";
import { tumbling } from "../../../src/operators/windows/tumbling.ts";
import { END_OF_TIME } from "../../../src/time/timestamps.ts";
import { type Call, run, type Timed, verifyAsyncOperator } from "../harness.ts";
import { leavesAlways } from "../paged-entries.ts";
import { generalPlan } from "../../../src/operators/windows/window-plan.ts";
import type { WindowSpec } from "../../../src/operators/windows/window-spec.ts";

/** Three keys over five windows of ten, each of them again later on; one record comes late. */
const CALLS: readonly Call[] = [
  { kind: "batch", records: records(["a", 1], ["b", 2], ["c", 13], ["a", 14], ["b", 5]) },
  { kind: "watermark", time: 12 },
  { kind: "batch", records: records(["a", 3], ["a", 15], ["c", 31], ["b", 22]) },
  { kind: "watermark", time: 30 },
  { kind: "batch", records: records(["a", 44], ["c", 33]) },
  { kind: "watermark", time: END_OF_TIME },
];

function records(...of: readonly (readonly [string, number])[]): readonly Timed[] {
  return of.map(([key, at]) => [`${key}${at}`, at]);
}

const collected = {
  create: (): string[] => [],
  add: (items: string[], item: string): string[] => [...items, item].toSorted(),
  merge: (into: string[], from: readonly string[]): string[] => [...into, ...from].toSorted(),
  result: (items: readonly string[]): readonly string[] => items,
};

interface Kind {
  readonly assigner: WindowAssigner;
  /** Windows that wait for late records are run by timers. Default: 0. */
  readonly latenessMs?: number;
  readonly trigger?: AnyTrigger;
  readonly evictor?: AnyEvictor;
}

const KINDS: Readonly<Record<string, Kind>> = {
  tumbling: { assigner: tumbling("10ms") },
  "tumbling, with lateness": { assigner: tumbling("10ms"), latenessMs: 20 },
  "tumbling, with a trigger that purges": {
    assigner: tumbling("10ms"),
    trigger: purgingTrigger(countTrigger(2)) as AnyTrigger,
    latenessMs: 20,
  },
  "tumbling, with a trigger at intervals": {
    assigner: tumbling("10ms"),
    trigger: continuousTrigger("4ms") as AnyTrigger,
  },
  "tumbling, with an evictor": { assigner: tumbling("10ms"), evictor: countEvictor(2) as AnyEvictor },
  sliding: { assigner: sliding("20ms", "10ms") },
  "sliding, with slices of two lengths": { assigner: sliding("25ms", "10ms") },
  "sliding, with lateness": { assigner: sliding("20ms", "10ms"), latenessMs: 20 },
  "sliding, with a trigger at intervals": {
    assigner: sliding("20ms", "10ms"),
    trigger: continuousTrigger("4ms") as AnyTrigger,
  },
  session: { assigner: session("5ms") },
  "session, with lateness": { assigner: session("5ms"), latenessMs: 20 },
  "session, with a trigger at intervals": { assigner: session("5ms"), trigger: continuousTrigger("4ms") as AnyTrigger },
};

for (const [name, { assigner, latenessMs = 0, trigger, evictor }] of Object.entries(KINDS)) {
  const spec: WindowSpec = {
    id: "w",
    keyOf: (value) => (value as string)[0] as string,
    work: { name: "aggregate", aggregate: collected as never, process: undefined },
    latenessMs,
    lateOutput: "late",
    trigger,
    evictor,
  };
  const { create } = assigner.plan(spec, generalPlan);
  const inMemory = run(create, CALLS);
  const sorted = (of: readonly Timed[]): readonly string[] => of.map((record) => JSON.stringify(record)).toSorted();
  // What triggers and sessions do hangs on no way of reading: the way that waits shows more.
  for (const readsAtOnce of assigner.kind === "session" || trigger !== undefined ? [false] : [true, false]) {
    const over = `over a store that ${readsAtOnce ? "reads at once" : "is waited for"}`;
    test(`windows that leave memory keep the contract, ${name}, ${over} (COR-10, COR-27)`, async () => {
      const paging = leavesAlways(readsAtOnce);
      const options = { paging, env: frozenEnv().env, keyGroups: 4, reorders: true, unordered: true };
      const outcome = await verifyAsyncOperator(create, CALLS, options);
      assert.ok(outcome.main.length > 0);
      assert.deepEqual(sorted(outcome.main), sorted(inMemory.main));
      assert.deepEqual(outcome.sides, inMemory.sides);
    });
  }
}
