import { expectLines } from "./expect.ts";
import { entryLine, SuiteJob } from "./suite-job.ts";
import { suiteKey } from "./suite-bytes.ts";
import type { StateBackendCase, StateBackendFixture } from "./suite-types.ts";

/** Two stages that share key groups: keys of one begin with `x`, those of the other with `y`. */
const STAGES = { stages: ["x", "y"], parallelism: 2 } as const;

/** Some stores go back to a checkpoint by themselves, while others are open and go on (RST-05). */
export const regionCases: readonly StateBackendCase[] = [
  {
    name: "RST-05 region: one stage goes back to a checkpoint, and another one of the same key groups goes on",
    run: async (fixture) => {
      const job = await begun(fixture);
      await job.write(2, { entries: { "1/x": "2", "1/xnew": "2", "9/x": null, "1/y": "2", "9/ynew": "2" } });
      await job.restart("x", 1);
      expectLines(await job.lines(), ["1/x=1", "1/y=2", "9/x=1", "9/y=1", "9/ynew=2"], "the entries");
      await job.write(2, { entries: { "1/x": "2 again", "9/y": null } });
      await job.checkpoint(2);
      await expectAll(fixture, ["1/x=2 again", "1/y=2", "9/x=1", "9/ynew=2"]);
    },
  },
  {
    name: "region: what it wrote to epochs that were sealed and aborted goes with the rest",
    run: async (fixture) => {
      const job = await begun(fixture);
      await job.write(2, { entries: { "1/x": "2", "1/y": "2" } });
      await job.seal(2);
      await job.write(3, { entries: { "1/x": null, "9/xnew": "3", "1/y": "3" } });
      await job.seal(3);
      await job.write(4, { entries: { "1/x": "4", "9/y": "4" }, ranges: [["9/x", "9/xz"]] });
      await job.restart("x", 1);
      expectLines(await job.lines(), ["1/x=1", "1/y=3", "9/x=1", "9/y=4"], "the entries");
      await job.checkpoint(4);
      await expectAll(fixture, ["1/x=1", "1/y=3", "9/x=1", "9/y=4"]);
    },
  },
  {
    name: "region: it goes back to nothing where there is no checkpoint, again and again",
    run: async (fixture) => {
      const job = await SuiteJob.start(fixture.backend, STAGES);
      for (const epoch of [1, 2, 3]) {
        await job.write(epoch, { entries: { "1/x": String(epoch), [`9/x${epoch}`]: "1", "1/y": String(epoch) } });
        await job.restart("x", 0);
        expectLines(await job.lines(), [`1/y=${epoch}`], `the entries after restart ${epoch}`);
      }
      await job.write(3, { entries: { "1/x": "last" } });
      await job.checkpoint(3);
      await expectAll(fixture, ["1/x=last", "1/y=3"]);
    },
  },
  {
    name: "region: after a crash before the next checkpoint everything goes back to the last one",
    run: async (fixture) => {
      const job = await begun(fixture);
      await job.write(2, { entries: { "1/x": "2", "1/y": "2" } });
      await job.restart("x", 1);
      await job.write(2, { entries: { "1/x": "2 again", "9/x": null, "9/y": "2" } });
      await expectAll(fixture, ["1/x=1", "1/y=1", "9/x=1", "9/y=1"]);
    },
  },
  {
    name: "region: views of retained checkpoints read the same before and after",
    run: async (fixture) => {
      const job = await begun(fixture);
      await job.write(2, { entries: { "1/x": "2", "9/x": null, "1/y": "2" } });
      await job.checkpoint(2, 2);
      await job.write(3, { entries: { "1/x": "3", "9/x": "3", "9/xnew": "3", "1/y": "3" } });
      const expected = [
        ["1/x=1", "1/y=1", "9/x=1", "9/y=1"],
        ["1/x=2", "1/y=2", "9/y=1"],
      ] as const;
      await expectViews(job, expected);
      await job.restart("x", 2);
      await expectViews(job, expected);
      await job.write(3, { entries: { "1/x": "3 again" } });
      await expectViews(job, expected);
      expectLines(await job.lines(), ["1/x=3 again", "1/y=3", "9/y=1"], "the entries");
    },
  },
  {
    name: "region: it exports the checkpoint that it went back to, and both go on through many",
    run: async (fixture) => {
      const job = await begun(fixture);
      await job.write(2, { entries: { "1/x": "2", "1/y": "2" } });
      await job.restart("x", 1);
      const [first] = job.stores.filter(({ stage, keyGroups }) => stage === "x" && keyGroups.first === 0);
      const lines: string[] = [];
      for await (const slice of first?.store.export(1) ?? []) lines.push(...slice.map(entryLine));
      expectLines(lines, ["1/x=1"], "the export");
      for (let epoch = 2; epoch <= 6; epoch++) {
        await job.write(epoch, { entries: { "1/x": String(epoch), [`1/yn${epoch}`]: "y" } });
        await job.checkpoint(epoch);
        await job.write(epoch + 1, { entries: { "1/x": "lost", [`9/x${epoch}`]: "lost" } });
        await job.restart(epoch % 2 === 0 ? "x" : "y", epoch);
        if (epoch % 2 === 1) await job.restart("x", epoch);
      }
      const ys = [2, 3, 4, 5, 6].map((epoch) => `1/yn${epoch}=y`);
      await expectAll(fixture, ["1/x=6", "1/y=2", ...ys, "9/x=1", "9/y=1"]);
    },
  },
];

/** A job with a checkpoint of both stages, in both halves of the key groups. */
async function begun(fixture: StateBackendFixture): Promise<SuiteJob> {
  const job = await SuiteJob.start(fixture.backend, STAGES);
  await job.write(1, { entries: { "1/x": "1", "9/x": "1", "1/y": "1", "9/y": "1" } });
  await job.checkpoint(1, 2);
  return job;
}

async function expectAll(fixture: StateBackendFixture, lines: readonly string[]): Promise<void> {
  const job = await SuiteJob.start(await fixture.reopen(), STAGES);
  expectLines(await job.lines(), lines, "the entries that a new process restores");
}

async function expectViews(job: SuiteJob, expected: readonly (readonly string[])[]): Promise<void> {
  for (const [index, { epoch, parts }] of job.retained.entries()) {
    const view = await job.session.openView({ epoch, parts });
    const lines: string[] = [];
    const range = { from: suiteKey(0, ""), to: suiteKey(100, "") };
    for await (const slice of view.scan(range)) lines.push(...slice.map(entryLine));
    await view.close();
    expectLines(lines.toSorted(), expected[index] ?? [], `the view of epoch ${epoch}`);
  }
}
