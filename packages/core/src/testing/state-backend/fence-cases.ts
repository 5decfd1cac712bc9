import { expect, expectCode, expectLines } from "./expect.ts";
import { SuiteJob } from "./suite-job.ts";
import type { StateBackendCase, StateDamage } from "./suite-types.ts";

/** Sessions that were taken over, and bytes that were damaged. */
export const fenceCases: readonly StateBackendCase[] = [
  {
    name: "COR fencing: an older session changes nothing that a restore of the newer one sees",
    run: async (fixture) => {
      const older = await SuiteJob.start(fixture.backend);
      await older.write(1, { entries: { "1/a": "1", "1/b": "1" } });
      await older.checkpoint(1);
      await older.write(2, { entries: { "1/a": "lost" } });
      const newer = await SuiteJob.start(fixture.backend);
      await newer.write(3, { entries: { "1/c": "3" } });
      await settle(
        older.write(2, { entries: { "1/b": "lost", "1/c": "lost", "1/d": "lost" }, ranges: [["1/", "1/b"]] }),
      );
      await settle(older.checkpoint(2));
      await settle(older.release());
      await settle(older.session.rollback(0));
      await newer.checkpoint(3, 2);
      await settle(older.release());
      expectLines(await newer.lines(), ["1/a=1", "1/b=1", "1/c=3"], "the newer session's entries");
      for (const [epoch, lines] of [
        [3, ["1/a=1", "1/b=1", "1/c=3"]],
        [1, ["1/a=1", "1/b=1"]],
      ] as const) {
        const restored = await SuiteJob.start(await fixture.reopen(), { epoch });
        expectLines(await restored.lines(), lines, `the entries of epoch ${epoch}`);
      }
    },
  },
  {
    name: "COR fencing: an older session cannot set the head after a takeover",
    run: async (fixture) => {
      const older = await SuiteJob.start(fixture.backend);
      const stale = await older.session.head.read();
      const newer = await SuiteJob.start(fixture.backend);
      const head = await newer.session.head.read();
      const set = await settle(older.session.head.compareAndSet(stale?.tag, new Uint8Array(1)));
      expect(set === undefined, "a session that was taken over has set the head");
      expect((await newer.session.head.read())?.tag === head?.tag, "the head is another one");
    },
  },
  ...(["state", "state-missing", "head", "manifest"] as const).map((kind) => ({
    name: `COR-15 open: a damaged backend is refused with STATE_CORRUPT: ${kind}`,
    run: async (fixture: Parameters<StateBackendCase["run"]>[0]): Promise<void> => {
      const job = await SuiteJob.start(fixture.backend);
      await job.write(1, { entries: { "1/a": "value one", "1/b": "value two" } });
      await job.checkpoint(1);
      await job.write(2, { entries: { "1/c": "value three" } });
      await job.checkpoint(2, 2);
      if (!((await fixture.damage?.(kind satisfies StateDamage)) ?? false)) return;
      const backend = await fixture.reopen();
      const restore = async (): Promise<unknown> => {
        const restored = await SuiteJob.start(backend);
        for (const { manifest } of restored.retained) await restored.session.manifests.read(manifest);
        return restored.lines();
      };
      const message = await expectCode(restore, "STATE_CORRUPT", `a restore after damage to the ${kind}`);
      expect(/restore|copy/i.test(message), `the message names no way out: ${message}`);
    },
  })),
];

async function settle<T>(promise: Promise<T>): Promise<T | undefined> {
  try {
    return await promise;
  } catch {
    return undefined;
  }
}
