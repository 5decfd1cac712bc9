import type { StorageAudit } from "../../state/backend.ts";
import { ALL_KEYS } from "../../state/key-range.ts";
import { expect, expectCode, expectLines, expectSame } from "./expect.ts";
import { labelKey } from "./suite-bytes.ts";
import { suiteEnv } from "./suite-env.ts";
import { decodeHead } from "./suite-head.ts";
import { entryLine, suiteManifest, SuiteJob, viewed } from "./suite-job.ts";
import type { StateBackendCase } from "./suite-types.ts";

/** Reading a checkpoint without running the job, and holding what is stored against what is needed. */
export const viewCases: readonly StateBackendCase[] = [
  {
    name: "openView: shows each retained checkpoint as it was, while the job goes on",
    run: async (fixture) => {
      const job = await SuiteJob.start(fixture.backend, { parallelism: 2 });
      await job.write(1, { entries: { "1/a": "1", "9/a": "1", "9/b": "1" } });
      await job.checkpoint(1, 3);
      await job.write(2, { entries: { "1/a": "2", "9/a": null } });
      await job.checkpoint(2, 3);
      await job.write(3, { entries: { "1/c": "3", "9/b": "3" } });
      expectLines(await viewed(job.session, job.retained, 1), ["1/a=1", "9/a=1", "9/b=1"], "epoch 1");
      expectLines(await viewed(job.session, job.retained, 2), ["1/a=2", "9/b=1"], "epoch 2");
      await job.checkpoint(3, 3);
      expectLines(await viewed(job.session, job.retained, 1), ["1/a=1", "9/a=1", "9/b=1"], "epoch 1, later");
      expectLines(await job.lines(), ["1/a=2", "1/c=3", "9/b=3"], "what the job has");
    },
  },
  {
    name: "openView: needs no rollback, and leaves everything as it is",
    run: async (fixture) => {
      const job = await SuiteJob.start(fixture.backend);
      await job.write(1, { entries: { "1/a": "1", "1/b": "1" } });
      await job.checkpoint(1, 2);
      await job.write(2, { entries: { "1/a": "2" } });
      await job.checkpoint(2, 2);
      await job.write(3, { entries: { "1/a": "3", "1/b": null } });
      const session = await (await fixture.reopen()).open({ name: "suite", env: suiteEnv() });
      const head = await session.head.read();
      const { retained } = decodeHead(head?.bytes ?? new Uint8Array(0));
      expectLines(await viewed(session, retained, 1), ["1/a=1", "1/b=1"], "epoch 1");
      expectLines(await viewed(session, retained, 2), ["1/a=2", "1/b=1"], "epoch 2");
      expectSame((await session.head.read())?.tag, head?.tag, "the head");
      await session.close();
      const restored = await SuiteJob.start(await fixture.reopen());
      expectLines(await restored.lines(), ["1/a=2", "1/b=1"], "what a restore finds");
    },
  },
  {
    name: "openView: scans a range, its end left out",
    run: async (fixture) => {
      const job = await SuiteJob.start(fixture.backend);
      await job.write(1, { entries: { "1/a": "x", "1/b": "x", "1/c": "x", "2/a": "x" } });
      await job.checkpoint(1);
      const view = await job.session.openView({ epoch: 1, parts: job.retained[0]?.parts ?? [] });
      const lines: string[] = [];
      for await (const slice of view.scan({ from: labelKey("1/b"), to: labelKey("2/a") })) {
        lines.push(...slice.map(entryLine));
      }
      await view.close();
      expectLines(lines, ["1/b=x", "1/c=x"], "the entries");
    },
  },
  {
    name: "openView: of a checkpoint that is released meanwhile shows it as it was, or refuses",
    run: async (fixture) => {
      const job = await SuiteJob.start(fixture.backend);
      await job.write(1, { entries: { "1/a": "1", "1/b": "1" } });
      await job.checkpoint(1);
      const [first] = job.retained;
      const view = await job.session.openView({ epoch: 1, parts: first?.parts ?? [] });
      for (let epoch = 2; epoch <= 4; epoch++) {
        await job.write(epoch, { entries: { "1/a": String(epoch), "1/b": null, "1/c": "x" } });
        await job.checkpoint(epoch);
      }
      const lines: string[] = [];
      const read = async (): Promise<void> => {
        for await (const slice of view.scan(ALL_KEYS)) lines.push(...slice.map(entryLine));
      };
      const refused = (error: unknown): Promise<string> =>
        expectCode(() => Promise.reject(error), "CHECKPOINT_MISSING", "a view of what was released");
      await read().then(() => expectLines(lines, ["1/a=1", "1/b=1"], "the entries of what was released"), refused);
      await view.close();
    },
  },
  {
    name: "DUR-02 COR-23 audit: after aborted checkpoints and a restart, one release leaves no orphan",
    run: async (fixture) => {
      const job = await SuiteJob.start(fixture.backend);
      for (let epoch = 1; epoch <= 12; epoch++) {
        // Too large to stand in a manifest: backends have files or objects for it, some of which nobody needs in the end.
        await job.write(epoch, { entries: { "1/a": String(epoch).repeat(3_000), [`1/${epoch}`]: "x".repeat(2_000) } });
        if (epoch % 3 === 0) await job.checkpoint(epoch, 2);
        else await job.seal(epoch);
      }
      await job.write(13, { entries: { "1/a": "13" } });
      await job.seal(13);
      const restored = await SuiteJob.start(await fixture.reopen());
      await restored.write(14, { entries: { "1/a": "14" } });
      await restored.checkpoint(14, 1);
      await restored.release();
      const audit = await auditOf(restored);
      expectLines(audit.orphaned, [], "the orphans");
      expectLines(audit.missing, [], "what is missing");
      expectSame(audit.referenced + audit.pending.length, audit.stored, "what is stored");
    },
  },
  {
    name: "COR-23 audit: tells what is needed, what a release would take, and what is missing",
    run: async (fixture) => {
      const job = await SuiteJob.start(fixture.backend);
      for (let epoch = 1; epoch <= 4; epoch++) {
        await job.write(epoch, { entries: { "1/a": String(epoch).repeat(3_000) } });
        if (epoch === 2) await job.checkpoint(epoch);
        else await job.seal(epoch);
      }
      // What it still does in the background would be found as well.
      await job.session.close();
      const restored = await SuiteJob.start(await fixture.reopen());
      const before = await auditOf(restored);
      // The manifests of the checkpoints that were given up, at least.
      expect(before.orphaned.length >= 2, `the orphans: found ${before.orphaned.join(", ") || "none"}`);
      expectSame(
        before.referenced + before.pending.length + before.orphaned.length,
        before.stored,
        "what is stored before a release",
      );
      await restored.release();
      const after = await auditOf(restored);
      expectLines(after.orphaned, [], "the orphans after a release");
      const lost = suiteManifest({ generation: 1, epoch: 2 }).replace(/.$/, "9");
      const missing = await restored.session.audit([{ epoch: 9, manifest: lost, handles: [] }]);
      expectLines(missing.missing, [lost], "what is missing");
    },
  },
];

function auditOf({ session, retained }: SuiteJob): Promise<StorageAudit> {
  return session.audit(
    retained.map(({ epoch, manifest, parts }) => ({ epoch, manifest, handles: parts.map((part) => part.handle) })),
  );
}
