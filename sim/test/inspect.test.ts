// runtimes: node24
import assert from "node:assert/strict";
import { test } from "node:test";

import { simMemory } from "@tidemark/backend-memory/testing";
import { unaligned } from "@tidemark/core";
import {
  type JobInspection,
  runTrial,
  type SimBackend,
  simRandom,
  subjectOf,
  type TrialReport,
} from "@tidemark/core/testing";

import { buildDag } from "../src/dag/build.ts";
import { interpret } from "../src/dag/interpret.ts";
import type { DagSpec, Rec, StepSpec } from "../src/dag/spec.ts";
import { drawRun } from "../src/draw-run.ts";
import { runTrialOf } from "../src/run-seed.ts";
import { auditStorage, goBackToOlder, inspectCheckpoints, type Look } from "../src/inspect-storage.ts";
import { checkStates } from "../src/states/check-states.ts";

type Session = Awaited<ReturnType<ReturnType<ReturnType<SimBackend["prepare"]>>["open"]>>;

const random = simRandom(7);
const records: readonly Rec[] = Array.from({ length: 60 }, (_, index) => ({
  k: `k${random.below(6)}`,
  n: random.below(20),
  at: 1000 + index * 25 + random.below(60),
}));
const STEPS: readonly StepSpec[] = [
  { kind: "count", id: "count", from: 0 },
  { kind: "distinct", id: "distinct", from: 0 },
  { kind: "poison", id: "poison", from: 0 },
  { kind: "pairs", id: "pairs", from: 0, other: 1 },
  { kind: "tumbling", id: "tumbling", from: 0, sizeMs: 200 },
  { kind: "peak", id: "peak", from: 0, sizeMs: 200 },
  { kind: "sliding", id: "sliding", from: 0, sizeMs: 400, everyMs: 200 },
  { kind: "session", id: "session", from: 0, gapMs: 60 },
  { kind: "stretch", id: "map-stretch", from: 0, sizeMs: 200, state: "map" },
  { kind: "stretch", id: "list-stretch", from: 0, sizeMs: 200, state: "list" },
];

/** One step over some of the records, and where its rows go. */
function specOf(step: StepSpec, taken: readonly Rec[] = records): DagSpec {
  const source = { kind: "source", outOfOrderMs: 100, timed: true } as const;
  return [
    { ...source, id: "in", splits: { even: taken.slice(0, 30), odd: taken.slice(30) } },
    ...("other" in step ? [{ ...source, id: "beside", splits: { one: records.slice(0, 4) } }] : []),
    step,
    { kind: "sink", id: "out", from: "other" in step ? 2 : 1 },
  ];
}

async function runOf(
  spec: DagSpec,
  backend: SimBackend,
  look: Look = async () => [],
  mode: "aligned" | typeof unaligned = "aligned",
): Promise<TrialReport> {
  const sources = Object.fromEntries(
    spec.flatMap((step) => (step.kind === "source" ? [[step.id, step.splits] as const] : [])),
  );
  const subject = subjectOf(() => buildDag(spec, { upgraded: false }), { backend, sources });
  const settings = {
    run: { checkpoint: { interval: "10ms", retained: 3, mode }, channelRecords: 16, parallelism: [2, 3] },
    topic: { paceMs: 20, fetchMax: 2 },
    sink: {},
    world: { stallMs: 0 },
    inspects: true,
  } as const;
  const trial = {
    seed: 3,
    plan: [
      { at: 90, form: "before" },
      { at: 120, form: "after" },
    ],
  } as const;
  const inspection: JobInspection = {
    goBack: goBackToOlder,
    inspect: async (place, { isOver }) => [
      ...(await inspectCheckpoints(place, look)),
      ...(isOver ? await auditStorage(place) : []),
    ],
  };
  return await runTrial({ ...subject, inspection }, trial, settings, interpret(spec));
}

for (const mode of ["aligned", unaligned] as const) {
  for (const step of STEPS) {
    const id = "id" in step ? step.id : step.kind;
    test(`checkStates: what "${id}" keeps in each ${String(mode)} checkpoint follows from what was read`, async () => {
      const spec = specOf(step);
      let compared = 0;
      let found = 0;
      const look: Look = async (snapshot, inFlight) => {
        const looked = await checkStates(spec, snapshot, { inFlight });
        compared += looked.entries;
        // An interpreter that has other records has to disagree with the engine as soon as one of them was read.
        const other = specOf(
          step,
          records.map((record, index) => (index % 10 === 2 ? { ...record, k: "k0", n: 19 } : record)),
        );
        found += (await checkStates(other, snapshot, { inFlight })).wrong.length;
        return looked.wrong;
      };
      const { violations, points } = await runOf(spec, simMemory(), look, mode);
      assert.deepEqual(violations, []);
      assert.equal(points.get("job taken back to an older checkpoint"), 1);
      assert.ok(compared >= 10, `only ${compared} entries`);
      assert.ok(found > 0);
    });
  }
}

test("checkStates: records in flight are missed in state, and nothing else is", async () => {
  const spec = specOf(STEPS[0]!);
  let checkpoints = 0;
  const look: Look = async (snapshot, inFlight) => {
    const [first] = inFlight;
    if (first === undefined || inFlight.some(({ to }) => to !== "count")) return [];
    checkpoints++;
    const forgotten = [{ ...first, values: first.values.slice(1) }, ...inFlight.slice(1)];
    const doubled = [first, ...inFlight];
    for (const wrong of [forgotten, doubled]) {
      assert.notDeepEqual((await checkStates(spec, snapshot, { inFlight: wrong })).wrong, []);
    }
    return (await checkStates(spec, snapshot, { inFlight })).wrong;
  };
  const { violations } = await runOf(spec, simMemory(), look, unaligned);
  assert.deepEqual(violations, []);
  assert.ok(checkpoints > 0, "no checkpoint had records in flight");
});

/** A backend that breaks its contract in one way. */
function broken(change: (session: Session) => Partial<Session>): SimBackend {
  const right = simMemory();
  return {
    ...right,
    prepare: (world) => {
      const backendOf = right.prepare(world);
      return (process) => {
        const backend = backendOf(process);
        return {
          ...backend,
          open: async (job) => {
            const session = await backend.open(job);
            return { ...session, ...change(session) };
          },
        };
      };
    },
  };
}

test("inspection: a backend that keeps the newest checkpoint alone is found", async () => {
  const forgetful = broken(({ release }) => ({ release: (retained) => release(retained.slice(-1)) }));
  const { violations } = await runOf(specOf(STEPS[0]!), forgetful);
  assert.match(violations.join("\n"), /checkpoint \d+, which the head lists, cannot be opened/);
});

test("inspection: a backend that clears nothing away is found", async () => {
  const { violations } = await runOf(
    specOf(STEPS[0]!),
    broken(() => ({ release: async () => undefined })),
  );
  assert.match(violations.join("\n"), /storage: ".*" is left over/);
});

test("inspection: one run in a dozen of the swarm is looked into", async () => {
  const seeds = Array.from({ length: 200 }, (_, seed) => seed + 1).filter((seed) => drawRun(seed).settings.inspects);
  assert.ok(seeds.length >= 8 && seeds.length <= 30, `${seeds.length} of 200`);
  const run = drawRun(seeds[0]!);
  const { violations, points } = await runTrialOf(run, { seed: run.seed, plan: run.plan });
  assert.deepEqual(violations, []);
  assert.ok((points.get("retained checkpoints opened") ?? 0) > 0);
});
