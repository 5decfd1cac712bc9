import { expect, expectLines, expectSame } from "./expect.ts";
import { bytesOf } from "./suite-bytes.ts";
import type { SuiteCheckpoint } from "./suite-head.ts";
import { entryLine, SuiteJob, suiteManifest, viewed } from "./suite-job.ts";
import type { StateBackendCase } from "./suite-types.ts";

/** What may go, and what must stay. */
export const releaseCases: readonly StateBackendCase[] = [
  {
    name: "RET-02 release: what is retained stays restorable, and other manifests go",
    run: async (fixture) => {
      const job = await SuiteJob.start(fixture.backend);
      for (let epoch = 1; epoch <= 6; epoch++) {
        await job.write(epoch, { entries: { "1/a": String(epoch), [`2/${epoch}`]: "x", [`2/${epoch - 3}`]: null } });
        if (epoch === 3) await job.seal(epoch);
        else await job.checkpoint(epoch, 2);
      }
      const names = [5, 6].map((epoch) => suiteManifest({ generation: 1, epoch }));
      expectLines((await job.session.manifests.list()).toSorted(), names, "the manifests");
      for (const epoch of [6, 5]) {
        const restored = await SuiteJob.start(await fixture.reopen(), { epoch });
        const kept = [epoch - 2, epoch - 1, epoch].map((n) => `2/${n}=x`);
        expectLines(await restored.lines(), [`1/a=${epoch}`, ...kept], `the entries of epoch ${epoch}`);
      }
    },
  },
  {
    name: "INC-04 COR-13 release: a pending checkpoint keeps what it builds upon",
    run: async (fixture) => {
      const job = await SuiteJob.start(fixture.backend);
      await job.write(1, { entries: { "1/a": "1", "1/b": "1" } });
      const first = await job.seal(1);
      await job.write(2, { entries: { "1/a": "2", "1/c": "2" } });
      const second = await job.seal(2);
      await job.complete(first);
      await job.write(3, { entries: { "1/b": null } });
      await job.release();
      await job.complete(second);
      await job.write(4, { entries: { "1/a": "4", "1/c": null } });
      await job.release();
      const restored = await SuiteJob.start(await fixture.reopen());
      expectLines(await restored.lines(), ["1/a=2", "1/b=1", "1/c=2"], "the entries");
    },
  },
  {
    name: "INC-04 COR-13 release: a checkpoint that completes late has all that it names, whatever was written and released meanwhile",
    run: async (fixture) => {
      const job = await SuiteJob.start(fixture.backend);
      const sealed: { readonly checkpoint: SuiteCheckpoint; readonly lines: readonly string[] }[] = [];
      for (let epoch = 1; epoch <= 16; epoch++) {
        const value = "x".repeat(1_100 + 700 * (epoch % 4)) + epoch;
        await job.write(epoch, {
          entries: { [`1/${epoch % 5}`]: value, [`1/x${epoch}`]: value, [`1/x${epoch - 3}`]: null },
        });
        sealed.push({ checkpoint: await job.seal(epoch), lines: await job.lines() });
        // Up to two are pending at a time; now and then none is, and what a store has folded is named by nothing yet.
        while (sealed.length > epoch % 3) {
          const { checkpoint, lines } = sealed.shift() as (typeof sealed)[number];
          await job.complete(checkpoint);
          const found = await viewed(job.session, job.retained, checkpoint.epoch);
          expectLines(found, lines, `epoch ${checkpoint.epoch}, complete after epoch ${epoch} was sealed`);
        }
      }
    },
  },
  {
    name: "TRG-12 release: an aborted checkpoint's changes stay as long as a later one builds upon them",
    run: async (fixture) => {
      const job = await SuiteJob.start(fixture.backend);
      for (let epoch = 1; epoch <= 30; epoch++) {
        await job.write(epoch, { entries: { [`1/${epoch}`]: "x", [`1/${epoch - 4}`]: null, "2/a": String(epoch) } });
        if (epoch % 3 === 0) await job.checkpoint(epoch);
        else await job.seal(epoch);
        await job.release();
      }
      await job.write(31, { ranges: [["1/", "1/z"]] });
      const restored = await SuiteJob.start(await fixture.reopen());
      expectLines(await restored.lines(), ["1/27=x", "1/28=x", "1/29=x", "1/30=x", "2/a=30"], "the entries");
    },
  },
  {
    name: "INC-01 release: over a long run every retained epoch can be exported and restored",
    run: async (fixture) => {
      const job = await SuiteJob.start(fixture.backend, { parallelism: 2 });
      const expected = new Map<number, readonly string[]>();
      for (let epoch = 1; epoch <= 40; epoch++) {
        const key = `${epoch % 12}/k`;
        await job.write(epoch, {
          entries: { [key]: String(epoch), [`${(epoch + 5) % 12}/k`]: null, "0/n": String(epoch) },
        });
        expected.set(epoch, await job.lines());
        await job.checkpoint(epoch, 3);
        for (const { epoch: retained } of job.retained) {
          expectLines(await job.exported(retained), expected.get(retained) ?? [], `the export of epoch ${retained}`);
        }
      }
      for (const epoch of [40, 39, 38]) {
        const restored = await SuiteJob.start(await fixture.reopen(), { epoch, parallelism: 2 });
        expectLines(await restored.lines(), expected.get(epoch) ?? [], `the entries of epoch ${epoch}`);
      }
    },
  },
  {
    name: "release: takes what an older generation left above the restored epoch, and nothing of its own",
    run: async (fixture) => {
      const older = await SuiteJob.start(fixture.backend);
      await older.write(1, { entries: { "1/a": "1" } });
      await older.checkpoint(1);
      await older.write(2, { entries: { "1/a": "2" } });
      await older.seal(2);
      const newer = await SuiteJob.start(await fixture.reopen());
      await newer.write(3, { entries: { "1/b": "3" } });
      const pending = await newer.seal(3);
      await newer.release();
      const names = await newer.session.manifests.list();
      expect(!names.includes(suiteManifest({ generation: 1, epoch: 2 })), "an orphan of generation 1 is still there");
      expect(names.includes(pending.manifest), "a pending manifest of its own generation is gone");
      await newer.session.manifests.write("a name of somebody else", bytesOf("x"));
      await newer.complete(pending);
      expectSame(
        (await newer.session.manifests.list()).includes("a name of somebody else"),
        true,
        "a foreign name stays",
      );
      const restored = await SuiteJob.start(await fixture.reopen());
      expectLines(await restored.lines(), ["1/a=1", "1/b=3"], "the entries");
    },
  },
  {
    name: "release: what is named after a retained manifest stays with it, and goes with it",
    run: async (fixture) => {
      const job = await SuiteJob.start(fixture.backend);
      const beside = `${suiteManifest({ generation: job.generation, epoch: 1 })}-beside`;
      await job.session.manifests.write(beside, bytesOf("x"));
      await job.checkpoint(1);
      await job.release();
      const found = await job.session.manifests.read(beside);
      expect(found !== undefined, "what belongs to a retained manifest is gone");
      await job.checkpoint(2);
      const names = await job.session.manifests.list();
      expect(!names.includes(beside), "what belonged to a manifest is there without it");
    },
  },
  {
    name: "COR-17 export: an older retained epoch is exported as it was, while later ones are written",
    run: async (fixture) => {
      const job = await SuiteJob.start(fixture.backend);
      const labels = Array.from({ length: 3_500 }, (_, i) => `${i % 12}/${String(i).padStart(5, "0")}`);
      await job.write(1, { entries: Object.fromEntries(labels.map((label) => [label, "1"])) });
      const expected = await job.lines();
      await job.checkpoint(1, 3);
      await job.write(2, {
        entries: Object.fromEntries(labels.filter((_, i) => i % 3 === 0).map((label) => [label, "2"])),
      });
      const lines: string[] = [];
      let round = 0;
      for await (const slice of job.stores[0]?.store.export(1) ?? []) {
        lines.push(...slice.map(entryLine));
        const epoch = 2 + Math.min(round++, 1);
        const removed = Object.fromEntries(labels.filter((_, i) => i % 5 === round % 5).map((label) => [label, null]));
        await job.write(epoch, { entries: { ...removed, [`${round % 12}/x${round}`]: "new" } });
        if (round === 1) await job.checkpoint(2, 3);
      }
      await job.write(3, { ranges: [["4/", "4/z"]] });
      await job.checkpoint(3, 3);
      expectLines(lines, expected, "the export of epoch 1");
      expectLines(await job.exported(1), expected, "the export of epoch 1, again");
      const restored = await SuiteJob.start(await fixture.reopen(), { epoch: 1 });
      expectLines(await restored.lines(), expected, "the entries of epoch 1");
    },
  },
];
