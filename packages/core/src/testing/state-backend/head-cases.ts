import { expect, expectCode, expectLines, expectSame } from "./expect.ts";
import { bytesOf, textOf } from "./suite-bytes.ts";
import { suiteEnv } from "./suite-env.ts";
import { SuiteJob } from "./suite-job.ts";
import type { StateBackendCase } from "./suite-types.ts";

const JOB = { name: "suite", env: suiteEnv() };

/** The head record, the manifests, and whose they are. */
export const headCases: readonly StateBackendCase[] = [
  {
    name: "head: there is none at first, and the first compareAndSet expects none",
    run: async ({ backend }) => {
      const { head } = await backend.open(JOB);
      expect((await head.read()) === undefined, "an empty backend has a head");
      expectSame(await head.compareAndSet("1", bytesOf("a")), undefined, "a compareAndSet that expects a head");
      const tag = await head.compareAndSet(undefined, bytesOf("b"));
      const found = await head.read();
      expect(tag !== undefined && found !== undefined, "the first head was not set");
      expectSame(found.tag, tag, "the tag of the first head");
      expectSame(textOf(found.bytes), "b", "the first head");
    },
  },
  {
    name: "head: compareAndSet with a stale tag changes nothing",
    run: async ({ backend }) => {
      const { head } = await backend.open(JOB);
      const first = await head.compareAndSet(undefined, bytesOf("1"));
      const second = await head.compareAndSet(first, bytesOf("2"));
      expect(second !== undefined && second !== first, "a new head has the tag of the old one");
      expectSame(await head.compareAndSet(first, bytesOf("3")), undefined, "a stale tag");
      expectSame(await head.compareAndSet(undefined, bytesOf("4")), undefined, "no tag");
      expectSame(textOf((await head.read())?.bytes ?? bytesOf("none")), "2", "the head");
    },
  },
  {
    name: "head: of many compareAndSet at once with the same tag exactly one wins",
    run: async ({ backend }) => {
      const { head } = await backend.open(JOB);
      const tag = await head.compareAndSet(undefined, bytesOf("start"));
      const values = Array.from({ length: 20 }, (_, index) => `value ${index}`);
      const tags = await Promise.all(values.map((value) => head.compareAndSet(tag, bytesOf(value))));
      const winners = values.filter((_, index) => tags[index] !== undefined);
      expectSame(winners.length, 1, "winners");
      expectSame(textOf((await head.read())?.bytes ?? bytesOf("none")), winners[0], "the head");
    },
  },
  {
    name: "head: is found again by a new process, with its tag",
    run: async ({ backend, reopen }) => {
      const before = await backend.open(JOB);
      const tag = await before.head.compareAndSet(undefined, bytesOf("kept"));
      const { head } = await (await reopen()).open(JOB);
      const found = await head.read();
      expectSame(found?.tag, tag, "the tag");
      expectSame(textOf(found?.bytes ?? bytesOf("none")), "kept", "the head");
      expect((await head.compareAndSet(tag, bytesOf("next"))) !== undefined, "the tag is no good after a reopening");
    },
  },
  {
    name: "manifests: hold what was written, and writing the same again is no error",
    run: async ({ backend, reopen }) => {
      const session = await backend.open(JOB);
      await session.manifests.write("0000000000000001-0000000000000001", bytesOf("one"));
      await session.manifests.write("0000000000000001-0000000000000002", bytesOf("two"));
      await session.manifests.write("0000000000000001-0000000000000001", bytesOf("one"));
      const { manifests } = await (await reopen()).open(JOB);
      const read = async (name: string): Promise<string> => textOf((await manifests.read(name)) ?? bytesOf("none"));
      expectSame(await read("0000000000000001-0000000000000001"), "one", "the first manifest");
      expectSame(await read("0000000000000001-0000000000000002"), "two", "the second manifest");
      const missing = await manifests.read("0000000000000001-0000000000000003");
      expect(missing === undefined, "there is a manifest that was never written");
      const names = (await manifests.list()).toSorted();
      expectLines(names, ["0000000000000001-0000000000000001", "0000000000000001-0000000000000002"], "the names");
    },
  },
  {
    name: "manifests: other bytes under a name that is taken are refused",
    run: async ({ backend }) => {
      const { manifests } = await backend.open(JOB);
      await manifests.write("0000000000000001-0000000000000001", bytesOf("one"));
      const overwrite = async (): Promise<void> => manifests.write("0000000000000001-0000000000000001", bytesOf("two"));
      await expectCode(overwrite, "STATE_IO", "another manifest of the same name");
    },
  },
  {
    name: "open: the state of another job is refused with STATE_FOREIGN_JOB",
    run: async ({ backend, reopen }) => {
      const job = await SuiteJob.start(backend);
      await job.write(1, { entries: { "1/a": "1" } });
      await job.checkpoint(1);
      const again = await reopen();
      const message = await expectCode(
        async () => again.open({ name: "other", env: suiteEnv() }),
        "STATE_FOREIGN_JOB",
        "opening under another name",
      );
      expect(message.includes("suite") && message.includes("other"), `the message names no jobs: ${message}`);
      const restored = await SuiteJob.start(again);
      expectLines(await restored.lines(), ["1/a=1"], "the state after the refusal");
    },
  },
  {
    name: "open: who has only looked leaves an empty place to any job",
    run: async ({ backend, reopen }) => {
      const looking = await backend.open({ name: "mistyped", env: suiteEnv() });
      expect((await looking.head.read()) === undefined, "an empty backend has a head");
      await looking.close();
      const job = await SuiteJob.start(await reopen());
      await job.write(1, { entries: { "1/a": "1" } });
      await job.checkpoint(1);
      const again = await reopen();
      await expectCode(
        async () => again.open({ name: "mistyped", env: suiteEnv() }),
        "STATE_FOREIGN_JOB",
        "opening what belongs to a job by now",
      );
      expectLines(await (await SuiteJob.start(again)).lines(), ["1/a=1"], "the state after the refusal");
    },
  },
];
