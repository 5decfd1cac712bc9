import assert from "node:assert/strict";
import { test } from "node:test";
import { CheckpointError } from "../../src/errors.ts";
import type { FaultPlan } from "../../src/testing/sim/plan.ts";
import type { SimProcess } from "../../src/testing/sim/process.ts";
import { runScenario, type Scenario, type ScenarioReport } from "../../src/testing/sim/scenario.ts";

const NOTHING = { end: () => undefined, tally: { lost: 0, doubled: 0, wrong: 0 } };

interface Watched {
  readonly report: ScenarioReport;
  /** What took place, in order. */
  readonly done: readonly string[];
}

/** Runs a program again and again until it ends; `done` is all that is durable. */
async function supervised(
  plan: FaultPlan,
  program: (process: SimProcess, step: (name: string, remote?: boolean) => Promise<void>) => Promise<unknown>,
): Promise<Watched> {
  const done: string[] = [];
  const scenario: Scenario = {
    name: "supervised",
    disk: false,
    prepare: () => ({
      launch: (process) =>
        program(process, async (name, remote = false) => {
          const what = `${process.incarnation}:${name}`;
          await process.effect({ name: what, remote, apply: () => void done.push(what) });
        }),
      output: NOTHING,
      inspect: async (_, isOver) => {
        done.push(isOver ? "inspected at the end" : "inspected");
        return isOver && done.includes("1:spoil") ? ["something is spoilt"] : [];
      },
    }),
  };
  return { report: await runScenario(scenario, 1, plan, { latencyMs: 1 }), done };
}

const fenced = (): Error => new CheckpointError("CHECKPOINT_FENCED", "Cannot go on: overtaken");

/** Process 0 stands still at its only step, and comes to `end` when the job is over. */
function overtaken(end: () => Promise<unknown>): Promise<Watched> {
  return supervised([{ at: 0, form: "held", heldMs: 60_000 }], async (process, step) => {
    await step("step");
    if (process.incarnation === 0) await end();
  });
}

test("Supervisor: a process that was overtaken is told so, and whatever else it comes to is a violation", async () => {
  const told = await overtaken(() => Promise.reject(fenced()));
  assert.deepEqual(told.report.violations, []);
  assert.deepEqual(told.done, ["1:step", "0:step", "inspected at the end"]);
  assert.deepEqual([told.report.lives, told.report.crashes], [2, 0]);
  const failed = await overtaken(() => Promise.reject(new Error("a hole in the state")));
  assert.deepEqual(failed.report.violations, ["process 0 was overtaken, and failed with Error: a hole in the state"]);
  const waits = await overtaken(() => new Promise(() => undefined));
  assert.deepEqual(waits.report.violations, [
    "process 0 was overtaken, and waits for something that will never happen",
  ]);
});

test("Supervisor: what is killed is started again after a look at what is durable, and what fails is not", async () => {
  const plan: FaultPlan = [
    { at: 1, form: "before" },
    { at: 0, form: "after" },
  ];
  const { report, done } = await supervised(plan, async (process, step) => {
    await step("one");
    await step("two");
    if (process.incarnation === 2) throw new Error("a bug");
  });
  assert.deepEqual(done, ["0:one", "inspected", "1:one", "inspected", "2:one", "2:two"]);
  assert.deepEqual([report.lives, report.crashes, report.violations], [3, 2, ["a bug"]]);
});

test("Supervisor: what dead processes have on its way arrives before anything is judged", async () => {
  const plan: FaultPlan = [{ at: 0, form: "before", inFlight: "late" }];
  const { report, done } = await supervised(plan, async (process, step) => {
    if (process.incarnation === 0) await Promise.all([step("struck"), step("spoil", true), step("request", true)]);
  });
  assert.deepEqual(report.violations, []);
  assert.equal(done.at(-1), "inspected at the end");
  assert.deepEqual(done.filter((what) => what.startsWith("0:")).length, 2);
});

test("Supervisor: what a look finds wrong at the end is a violation", async () => {
  const { report } = await supervised([{ at: 0, form: "before" }], (_, step) => step("spoil"));
  assert.deepEqual(report.violations, ["something is spoilt"]);
});
