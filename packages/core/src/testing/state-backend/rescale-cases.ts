import { expectLines } from "./expect.ts";
import { SUITE_KEY_GROUPS } from "./suite-bytes.ts";
import { SuiteJob } from "./suite-job.ts";
import type { StateBackendCase } from "./suite-types.ts";

/** Other parallelisms, and several stages. */
export const rescaleCases: readonly StateBackendCase[] = [
  {
    name: "openStore: 1 -> 3 -> 2 -> 12 -> 1 subtasks, nothing is lost or doubled",
    run: async (fixture) => {
      const first = await SuiteJob.start(fixture.backend);
      const entries: Record<string, string> = {};
      for (let group = 0; group < SUITE_KEY_GROUPS; group++) {
        for (const k of ["a", "b", "c"]) entries[`${group}/${k}`] = "0";
      }
      await first.write(1, { entries });
      await first.checkpoint(1);
      let epoch = 1;
      for (const parallelism of [3, 2, 12, 1]) {
        const job = await SuiteJob.start(await fixture.reopen(), { parallelism });
        expectLines(await job.lines(), linesOf(entries), `the entries at parallelism ${parallelism}`);
        for (let round = 0; round < 3; round++) {
          epoch++;
          for (let group = round; group < SUITE_KEY_GROUPS; group += 2) entries[`${group}/b`] = String(epoch);
          const gone = `${epoch % SUITE_KEY_GROUPS}/c`;
          delete entries[gone];
          await job.write(epoch, { entries: { ...entries, [gone]: null } });
          await job.checkpoint(epoch);
        }
        expectLines(await job.exported(epoch), linesOf(entries), `the export at parallelism ${parallelism}`);
        await job.write(epoch + 1, { entries: { "0/lost": "x", "11/lost": "x", "5/a": null } });
      }
      const last = await SuiteJob.start(await fixture.reopen(), { parallelism: 4 });
      expectLines(await last.lines(), linesOf(entries), "the entries at the end");
    },
  },
  {
    name: "openStore: a rescaled store exports what it restored, and its first checkpoint needs no older one",
    run: async (fixture) => {
      const before = await SuiteJob.start(fixture.backend, { parallelism: 2 });
      await before.write(1, { entries: { "0/a": "1", "6/a": "1", "11/a": "1" } });
      await before.checkpoint(1);
      const after = await SuiteJob.start(await fixture.reopen(), { parallelism: 3 });
      expectLines(await after.exported(1), ["0/a=1", "6/a=1", "11/a=1"], "the export of the restored epoch");
      await after.checkpoint(2);
      await after.write(3, { entries: { "6/a": null } });
      await after.checkpoint(3);
      const restored = await SuiteJob.start(await fixture.reopen(), { parallelism: 2 });
      expectLines(await restored.lines(), ["0/a=1", "11/a=1"], "the entries");
    },
  },
  {
    name: "openStore: stages that share key groups keep their own entries, in exports too",
    run: async (fixture) => {
      const job = await SuiteJob.start(fixture.backend, { stages: ["p", "q"], parallelism: 2 });
      await job.write(1, { entries: { "1/p1": "1", "1/q1": "1", "9/p2": "1", "9/q2": "1" } });
      await job.checkpoint(1, 2);
      await job.write(2, { entries: { "1/p1": "2", "1/q1": null }, ranges: [["9/p", "9/q"]] });
      await job.checkpoint(2, 2);
      expectLines(await job.exported(1), ["1/p1=1", "1/q1=1", "9/p2=1", "9/q2=1"], "the export of epoch 1");
      expectLines(await job.exported(2), ["1/p1=2", "9/q2=1"], "the export of epoch 2");
      const restored = await SuiteJob.start(await fixture.reopen(), { stages: ["q", "p"], parallelism: 3 });
      expectLines(await restored.lines(), ["1/p1=2", "9/q2=1"], "the entries");
    },
  },
  {
    name: "openStore: a stage without parts starts empty, and its old state comes back with the old checkpoint",
    run: async (fixture) => {
      const job = await SuiteJob.start(fixture.backend, { stages: ["p", "q"] });
      await job.write(1, { entries: { "1/p": "1", "1/q": "1", "4/q": "1" } });
      await job.checkpoint(1, 2);
      const without = await SuiteJob.start(await fixture.reopen(), { stages: ["p"] });
      await without.write(2, { entries: { "1/p": "2" } });
      await without.checkpoint(2, 2);
      const again = await SuiteJob.start(await fixture.reopen(), { stages: ["p", "q"] });
      expectLines(await again.lines(), ["1/p=2"], "the entries of a stage that comes back");
      await again.write(3, { entries: { "1/q": "3" } });
      await again.checkpoint(3, 3);
      const newest = await SuiteJob.start(await fixture.reopen(), { stages: ["p", "q"] });
      expectLines(await newest.lines(), ["1/p=2", "1/q=3"], "the entries of epoch 3");
      const oldest = await SuiteJob.start(await fixture.reopen(), { stages: ["p", "q"], epoch: 1 });
      expectLines(await oldest.lines(), ["1/p=1", "1/q=1", "4/q=1"], "the entries of epoch 1");
    },
  },
  {
    name: "openStore: an operator that comes back into a store with others starts empty",
    run: async (fixture) => {
      const both = await SuiteJob.start(fixture.backend, { stages: ["pq"] });
      await both.write(1, { entries: { "1/p": "1", "1/q": "1", "7/q": "1" } });
      await both.checkpoint(1, 3);
      const one = await SuiteJob.start(await fixture.reopen(), { stages: ["p"] });
      expectLines(await one.lines(), ["1/p=1"], "the entries of a store that owns less than was sealed");
      await one.checkpoint(2, 3);
      const again = await SuiteJob.start(await fixture.reopen(), { stages: ["pq"] });
      expectLines(await again.lines(), ["1/p=1"], "the entries with an operator that comes back");
      await again.write(3, { entries: { "7/q": "3" } });
      await again.checkpoint(3, 3);
      const newest = await SuiteJob.start(await fixture.reopen(), { stages: ["pq"] });
      expectLines(await newest.lines(), ["1/p=1", "7/q=3"], "the entries of epoch 3");
      const oldest = await SuiteJob.start(await fixture.reopen(), { stages: ["pq"], epoch: 1 });
      expectLines(await oldest.lines(), ["1/p=1", "1/q=1", "7/q=1"], "the entries of epoch 1");
    },
  },
];

function linesOf(entries: Readonly<Record<string, string>>): readonly string[] {
  const order = (label: string): string => label.padStart(8, "0");
  return Object.keys(entries)
    .toSorted((a, b) => (order(a) < order(b) ? -1 : 1))
    .map((label) => `${label}=${entries[label]}`);
}
