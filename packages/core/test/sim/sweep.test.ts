import assert from "node:assert/strict";
import { test } from "node:test";
import { outputCheck } from "../../src/testing/sim/output-check.ts";
import type { SimProcess } from "../../src/testing/sim/process.ts";
import { replay } from "../../src/testing/sim/replay.ts";
import { runScenario, type Scenario } from "../../src/testing/sim/scenario.ts";
import { describeSweep, sweepCrashPoints, type SweepOptions } from "../../src/testing/sim/sweep.ts";

interface Disk {
  done: number;
  readonly rows: number[];
}

/** Writes the numbers 1 to 5, as a program that may know how to go on after a crash, or not. */
function numbers(
  name: string,
  step: (process: SimProcess, disk: Disk, show: (row: number) => void) => Promise<void>,
): Scenario {
  return {
    name,
    disk: false,
    prepare(world) {
      const disk: Disk = { done: 0, rows: [] };
      const output = outputCheck(world, "numbers", { rows: [1, 2, 3, 4, 5], describe: String });
      return {
        output,
        launch: async (process) => {
          while (disk.done < 5) await step(process, disk, (row) => output.watch([row]));
        },
      };
    },
  };
}

const atomic = numbers("atomic", (process, disk, show) =>
  process.effect({ name: "both", apply: () => show(++disk.done) }),
);

const writesFirst = numbers("writes-first", async (process, disk, show) => {
  await process.effect({ name: "write", apply: () => show(disk.done + 1) });
  await process.effect({ name: "note", apply: () => void disk.done++ });
});

const notesFirst = numbers("notes-first", async (process, disk, show) => {
  await process.effect({ name: "note", apply: () => void disk.done++ });
  await process.effect({ name: "write", apply: () => show(disk.done) });
});

test("sweepCrashPoints strikes before all effects and after the last, and finds nothing in a program that is right", async () => {
  const report = await sweepCrashPoints(atomic);
  assert.deepEqual(report, {
    scenario: "atomic",
    seed: 1,
    effects: 5,
    checkpoints: 0,
    runs: 2 + 5 + 1,
    lost: 0,
    doubled: 0,
    wrong: 0,
    failures: [],
  });
});

/** What the second life of each run found, in order: all that a crash can leave, however many effects are passed over. */
async function foundBySecondLives(options: SweepOptions): Promise<readonly number[]> {
  const found: number[] = [];
  const restarting: Scenario = {
    ...atomic,
    prepare: (world) => {
      const disk: Disk = { done: 0, rows: [] };
      const launch = async (process: SimProcess): Promise<void> => {
        if (process.incarnation === 1) found.push(disk.done);
        while (disk.done < 5) {
          await process.effect({ name: "look", read: true, apply: () => disk.done });
          await process.effect({ name: "write", apply: () => void disk.done++ });
        }
      };
      return { output: outputCheck(world, "nothing", { rows: [], describe: String }), launch };
    },
  };
  const { failures } = await sweepCrashPoints(restarting, options);
  assert.deepEqual(failures, []);
  return found;
}

test("sweepCrashPoints starts a process once from everything that a crash can leave", async () => {
  assert.deepEqual(await foundBySecondLives({}), [0, 1, 2, 3, 4, 5]);
  // Effects 3 and 9 are writes: before and after each of them.
  assert.deepEqual(await foundBySecondLives({ stride: 3 }), [1, 2, 4, 5]);
  assert.deepEqual(
    await foundBySecondLives({ inFlight: true }),
    [0, 0, 0, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 3, 3, 3, 3, 3, 4, 4, 4, 4, 4, 5, 5, 5],
  );
});

test("sweepCrashPoints finds rows that are doubled", async () => {
  const report = await sweepCrashPoints(writesFirst, { failuresMax: 100 });
  assert.deepEqual([report.lost, report.doubled, report.wrong], [0, 5, 0]);
  assert.deepEqual(report.failures.map((failure) => failure.replay).slice(0, 3), [
    "writes-first 1 1:before",
    "writes-first 1 3:before",
    "writes-first 1 5:before",
  ]);
});

test("sweepCrashPoints finds rows that are lost", async () => {
  const report = await sweepCrashPoints(notesFirst, { failuresMax: 100 });
  assert.deepEqual([report.lost, report.doubled, report.wrong], [5, 0, 0]);
  assert.match(describeSweep(report), /replay: SIM="notes-first 1 1:before"\n {4}numbers: lost row 1/);
});

test("replay runs what a sweep printed, and ends in the same violations", async () => {
  const { failures } = await sweepCrashPoints(writesFirst);
  const report = await replay(failures[0]!.replay, [atomic, writesFirst]);
  assert.deepEqual(report.violations, failures[0]!.violations);
  await assert.rejects(replay("unknown 1 none", [atomic]), RangeError);
});

test("sweepCrashPoints finds a program that is not a function of its seed", async () => {
  let launches = 0;
  const moody = numbers("moody", (process, disk, show) =>
    process.effect({ name: `mood ${launches++}`, apply: () => show(++disk.done) }),
  );
  const report = await sweepCrashPoints(moody);
  assert.match(report.failures[0]!.violations.join(), /not deterministic: a second run of the same seed differs/);
});

test("runScenario gives up on a job that never ends", async () => {
  const stuck: Scenario = {
    ...atomic,
    prepare: (world) => ({ ...atomic.prepare(world), launch: () => new Promise(() => {}) }),
  };
  const report = await runScenario(stuck, 1);
  assert.match(report.violations.join(), /process 0 waits for something that will never happen/);
});

test("outputCheck finds rows that are visible before the ones that come before them", async () => {
  const eager: Scenario = {
    name: "eager",
    disk: false,
    prepare(world) {
      const rows = [1, 2, 3];
      const place = (row: number): { lane: string; position: number } => ({ lane: "only", position: row });
      const output = outputCheck(world, "eager", { rows, describe: String, place });
      return { output, launch: async () => output.watch([1, 3, 2]) };
    },
  };
  const report = await runScenario(eager, 1);
  assert.deepEqual(report.violations, [`eager: row 3 of "only" is visible before 2`]);
});
