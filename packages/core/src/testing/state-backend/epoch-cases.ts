import { expect, expectLines } from "./expect.ts";
import { seededRandom } from "./suite-env.ts";
import { SuiteJob } from "./suite-job.ts";
import type { StateBackendCase, StateBackendFixture } from "./suite-types.ts";

/** Letters that cannot be packed much shorter, the same each time. */
function randomText(length: number): string {
  const random = seededRandom(length);
  return Array.from({ length }, () => String.fromCharCode(33 + Math.floor(random() * 90))).join("");
}

/** Epochs: what a restore sees, and what it must not see. */
export const epochCases: readonly StateBackendCase[] = [
  {
    name: "rollback: what was written to an unsealed epoch is invisible",
    run: async (fixture) => {
      const job = await SuiteJob.start(fixture.backend);
      await job.write(1, { entries: { "1/a": "1", "1/b": "1", "2/a": "1", "3/gone": "1" } });
      await job.checkpoint(1);
      await job.write(2, { entries: { "1/a": "2", "1/b": null, "1/new": "2" }, ranges: [["3/", "3/z"]] });
      expectLines(await job.lines(), ["1/a=2", "1/new=2", "2/a=1"], "the entries before");
      await expectRestored(fixture, 1, ["1/a=1", "1/b=1", "2/a=1", "3/gone=1"]);
    },
  },
  {
    name: "rollback: without any checkpoint every store is empty",
    run: async (fixture) => {
      const job = await SuiteJob.start(fixture.backend, { parallelism: 2 });
      await job.write(1, { entries: { "1/a": "1", "8/b": "1" } });
      await job.seal(1);
      await job.write(2, { entries: { "1/a": "2", "9/c": "1" } });
      await expectRestored(fixture, 0, []);
    },
  },
  {
    name: "rollback: a job that keeps no state goes back to its checkpoints too",
    run: async (fixture) => {
      const job = await SuiteJob.start(fixture.backend, { stages: [] });
      await job.checkpoint(1, 2);
      await job.checkpoint(2, 2);
      const again = await SuiteJob.start(await fixture.reopen(), { stages: [] });
      await again.checkpoint(3, 2);
      const last = await SuiteJob.start(await fixture.reopen(), { stages: [], epoch: 2 });
      await last.checkpoint(4);
    },
  },
  {
    name: "rollback: to 0 empties what checkpoints hold, and a new history begins",
    run: async (fixture) => {
      const job = await SuiteJob.start(fixture.backend);
      for (let epoch = 1; epoch <= 3; epoch++) {
        await job.write(epoch, { entries: { "1/a": String(epoch), [`2/${epoch}`]: "x" } });
        await job.checkpoint(epoch);
      }
      const emptied = await SuiteJob.start(await fixture.reopen(), { epoch: 0 });
      expectLines(await emptied.lines(), [], "the entries after a rollback to 0");
      await emptied.write(4, { entries: { "1/a": "new" } });
      await emptied.checkpoint(4);
      await expectRestored(fixture, 4, ["1/a=new"]);
    },
  },
  ...[1, 2, 3, 4, 5].map((epoch) => ({
    name: `rollback: each retained epoch is restorable: ${epoch} of 5`,
    run: async (fixture: StateBackendFixture): Promise<void> => {
      const job = await SuiteJob.start(fixture.backend, { parallelism: 2 });
      await writeHistory(job);
      await expectRestored(fixture, epoch, HISTORY[epoch - 1] ?? []);
    },
  })),
  {
    name: "rollback: one epoch after the other, down to the oldest, across openings",
    run: async (fixture) => {
      await writeHistory(await SuiteJob.start(fixture.backend));
      for (const epoch of [5, 4, 4, 2, 1, 1]) await expectRestored(fixture, epoch, HISTORY[epoch - 1] ?? []);
    },
  },
  {
    name: "rollback: a key written many times in one epoch gets back its value from before",
    run: async (fixture) => {
      const job = await SuiteJob.start(fixture.backend);
      await job.write(1, { entries: { "1/a": "old", "1/b": "old", "1/c": "old" } });
      await job.checkpoint(1);
      for (const value of ["2", "3", null, "4"]) await job.write(2, { entries: { "1/a": value, "1/d": value } });
      for (const value of [null, "2", null]) await job.write(2, { entries: { "1/b": value } });
      await job.write(2, { entries: { "1/c": "2" } });
      await job.write(2, { ranges: [["1/c", "1/d"]] });
      await job.write(2, { entries: { "1/c": "3" } });
      expectLines(await job.lines(), ["1/a=4", "1/c=3", "1/d=4"], "the entries before");
      await expectRestored(fixture, 1, ["1/a=old", "1/b=old", "1/c=old"]);
    },
  },
  {
    name: "seal: put, delete and range delete in several calls of one epoch keep their order",
    run: async (fixture) => {
      const job = await SuiteJob.start(fixture.backend);
      await job.write(1, { entries: { "1/a": "1", "1/b": "1", "1/c": "1" } });
      await job.checkpoint(1);
      await job.write(2, { entries: { "1/a": "2", "1/d": "2", "1/e": "2" } });
      await job.write(2, { entries: { "1/a": null, "1/d": null } });
      await job.write(2, { ranges: [["1/b", "1/f"]] });
      await job.write(2, { entries: { "1/d": "3", "1/c": null } });
      await job.checkpoint(2);
      await expectRestored(fixture, 2, ["1/d=3"]);
    },
  },
  {
    name: "seal: writes of the next epoch that come before or meanwhile are no part of it",
    run: async (fixture) => {
      const job = await SuiteJob.start(fixture.backend);
      await job.write(1, { entries: { "1/a": "1", "1/b": "1", "1/c": "1" } });
      await job.write(2, { entries: { "1/b": "2", "2/x": "2" } });
      const sealing = job.seal(1);
      const writing = job.write(2, { entries: { "1/a": "2", "1/c": null } });
      const [checkpoint] = await Promise.all([sealing, writing]);
      await job.complete(checkpoint);
      await job.write(2, { entries: { "1/d": "2" } });
      expectLines(await job.lines(), ["1/a=2", "1/b=2", "1/d=2", "2/x=2"], "the entries before");
      expectLines(await job.exported(1), ["1/a=1", "1/b=1", "1/c=1"], "the export");
      await expectRestored(fixture, 1, ["1/a=1", "1/b=1", "1/c=1"]);
    },
  },
  {
    name: "seal: where a backend knows how large all state is, it says so of each epoch",
    run: async (fixture) => {
      const job = await SuiteJob.start(fixture.backend, { parallelism: 2 });
      if (job.stores.some(({ store }) => store.sealedBytes === undefined)) return;
      const sizeAt = (epoch: number): number =>
        job.stores.reduce((sum, { store }) => sum + (store.sealedBytes?.(epoch) ?? NaN), 0);
      await job.write(1, { entries: { "1/a": "1", "9/b": "1" } });
      await job.checkpoint(1, 9);
      const first = sizeAt(1);
      await job.write(2, { entries: { "1/c": randomText(2_000), "9/d": randomText(2_000) } });
      await job.write(3, { entries: { "1/e": randomText(20_000) } });
      await job.checkpoint(2, 9);
      await job.checkpoint(3, 9);
      const sizes = [first, sizeAt(1), sizeAt(2), sizeAt(3)];
      const [one = NaN, stillOne = NaN, two = NaN, three = NaN] = sizes;
      expect(
        one > 0 && one === stillOne && two > one && three > two + (two - one),
        `the sizes are ${sizes.join(", ")}`,
      );
      expect(Number.isNaN(sizeAt(4)), "an epoch that is not sealed has a size");
    },
  },
  {
    name: "seal: an epoch without changes is as good as any",
    run: async (fixture) => {
      const job = await SuiteJob.start(fixture.backend);
      await job.checkpoint(1);
      await job.write(2, { entries: { "1/a": "2" } });
      await job.checkpoint(2);
      await job.checkpoint(3, 2);
      await job.write(4, { entries: { "1/a": "4" } });
      await expectRestored(fixture, 3, ["1/a=2"]);
      await expectRestored(fixture, 2, ["1/a=2"]);
    },
  },
  {
    name: "INC-03 seal: the epoch after an aborted one includes its changes",
    run: async (fixture) => {
      const job = await SuiteJob.start(fixture.backend);
      await job.write(1, { entries: { "1/a": "1", "1/b": "1" } });
      await job.checkpoint(1);
      await job.write(2, { entries: { "1/a": "2", "1/aborted": "2" } });
      await job.seal(2);
      await job.write(3, { entries: { "1/b": null } });
      await job.checkpoint(3, 2);
      await expectRestored(fixture, 3, ["1/a=2", "1/aborted=2"]);
      await expectRestored(fixture, 1, ["1/a=1", "1/b=1"]);
    },
  },
  {
    name: "INC rollback: after an aborted epoch and a crash the last completed one is found",
    run: async (fixture) => {
      const job = await SuiteJob.start(fixture.backend);
      await job.write(1, { entries: { "1/a": "1" } });
      await job.checkpoint(1);
      await job.write(2, { entries: { "1/a": "2", "1/b": "2" } });
      await job.seal(2);
      await expectRestored(fixture, 1, ["1/a=1"]);
      const next = await SuiteJob.start(await fixture.reopen());
      await next.write(3, { entries: { "1/c": "3" } });
      await next.checkpoint(3);
      await expectRestored(fixture, 3, ["1/a=1", "1/c=3"]);
    },
  },
];

const HISTORY: readonly (readonly string[])[] = [
  ["1/a=1", "1/b=1", "1/c=1", "8/x=1"],
  ["1/a=2", "1/c=1", "8/x=1", "8/y=2"],
  ["1/a=2", "1/b=3", "8/x=1", "8/y=2"],
  ["1/a=4", "1/b=4"],
  ["1/b=4", "1/c=5", "8/x=5"],
];

async function writeHistory(job: SuiteJob): Promise<void> {
  await job.write(1, { entries: { "1/a": "1", "1/b": "1", "1/c": "1", "8/x": "1" } });
  await job.checkpoint(1, 5);
  await job.write(2, { entries: { "1/a": "2", "1/b": null, "8/y": "2" } });
  await job.checkpoint(2, 5);
  await job.write(3, { entries: { "1/b": "3", "1/c": null } });
  await job.checkpoint(3, 5);
  await job.write(4, { entries: { "1/a": "4", "1/b": "4" }, ranges: [["8/", "8/z"]] });
  await job.checkpoint(4, 5);
  await job.write(5, { entries: { "1/a": null, "1/c": "5", "8/x": "5" } });
  await job.checkpoint(5, 5);
  await job.write(6, { entries: { "1/a": "6", "1/b": null, "1/c": "6", "8/x": null, "8/z": "6" } });
}

async function expectRestored(fixture: StateBackendFixture, epoch: number, lines: readonly string[]): Promise<void> {
  const job = await SuiteJob.start(await fixture.reopen(), { epoch });
  expectLines(await job.lines(), lines, `the entries restored from epoch ${epoch}`);
  if (epoch > 0) expectLines(await job.exported(epoch), lines, `the export of the restored epoch ${epoch}`);
}
