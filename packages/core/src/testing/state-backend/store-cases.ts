import { expect, expectLines, expectSame } from "./expect.ts";
import { bytesOf, labelKey, suiteKey, textOf } from "./suite-bytes.ts";
import { entryLine, SuiteJob } from "./suite-job.ts";
import type { StateStore } from "../../state/backend.ts";
import { prefixRange } from "../../state/key-range.ts";
import type { StateBackendCase, StateBackendFixture } from "./suite-types.ts";

/** Reading and writing one store. */
export const storeCases: readonly StateBackendCase[] = [
  {
    name: "store.read: gives what was written, and undefined elsewhere",
    run: async (fixture) => {
      const { job, store } = await startOne(fixture);
      await job.write(1, { entries: { "1/a": "x", "1/b": "", "2/a": "y" } });
      const found = await store.read(["1/a", "1/b", "1/c", "2/a", "1/"].map(labelKey));
      expectSame(
        found.map((value) => (value === undefined ? "-" : `"${textOf(value)}"`)).join(),
        `"x","",-,"y",-`,
        "values",
      );
      expectSame((await store.read([])).length, 0, "values of no keys");
    },
  },
  {
    name: "store.readSync: agrees with read, if the backend has it",
    run: async (fixture) => {
      const { job, store } = await startOne(fixture);
      expectSame(store.readSync !== undefined, fixture.backend.capabilities.syncReads, "whether readSync is there");
      if (store.readSync === undefined) return;
      await job.write(1, { entries: { "1/a": "x", "1/b": "y" } });
      await job.write(1, { entries: { "1/b": null, "1/c": "z" } });
      const found = ["1/a", "1/b", "1/c"].map((label) => store.readSync?.(labelKey(label)));
      expectSame(found.map((value) => (value === undefined ? "-" : textOf(value))).join(), "x,-,z", "values");
    },
  },
  {
    name: "store.read: sees every write that has resolved, also of keys that were read before",
    run: async (fixture) => {
      const { job, store } = await startOne(fixture);
      const labels = ["1/a", "1/b", "1/c", "1/d", "1/e", "1/f"];
      const keys = labels.map(labelKey);
      const shown = (values: readonly (Uint8Array | undefined)[]): string =>
        values.map((value) => (value === undefined ? "-" : textOf(value))).join();
      const steps: readonly (readonly [number, Parameters<SuiteJob["write"]>[1], string])[] = [
        [1, {}, "-,-,-,-,-,-"],
        [1, { entries: { "1/a": "1", "1/b": "1", "1/c": "1", "1/d": "1" } }, "1,1,1,1,-,-"],
        [1, { entries: { "1/a": "2", "1/b": null, "1/e": "2" } }, "2,-,1,1,2,-"],
        [2, { entries: { "1/b": "3", "1/f": "3" } }, "2,3,1,1,2,3"],
        [3, { entries: { "1/a": "4" }, ranges: [["1/c", "1/f"]] }, "4,3,-,-,-,3"],
      ];
      for (const [at, [epoch, changes, expected]] of steps.entries()) {
        await job.write(epoch, changes);
        expectSame(shown(await store.read(keys)), expected, `values read after write ${at}`);
        if (store.readSync === undefined) continue;
        expectSame(shown(keys.map((key) => store.readSync?.(key))), expected, `values read at once after write ${at}`);
      }
    },
  },
  {
    name: "store.scan: gives entries by prefix, in the order of unsigned bytes",
    run: async (fixture) => {
      const { job, store } = await startOne(fixture);
      const texts = ["", "\x00", "a", "a\x00", "a\x7f", "a\x80", "a\xff", "a\xff\xff", "b", "\xff", "\xff\xff"];
      for (const text of texts.toReversed()) {
        await job.write(1, { entries: { [`5/${text}`]: "v", [`6/${text}`]: "w" } });
      }
      expectLines(
        await scanned(store, suiteKey(5, "")),
        texts.toSorted().map((text) => `5/${text}=v`),
        "a whole group",
      );
      const wanted = texts.filter((text) => text.startsWith("a")).toSorted();
      expectLines(
        await scanned(store, suiteKey(5, "a")),
        wanted.map((text) => `5/${text}=v`),
        "a prefix",
      );
      expectLines(await scanned(store, suiteKey(5, "\xff")), ["5/\xff=v", "5/\xff\xff=v"], "a prefix of ff bytes");
      expectLines(await scanned(store, suiteKey(7, "")), [], "a group without entries");
    },
  },
  {
    name: "store.scan: comes in bounded slices, and all of it",
    run: async (fixture) => {
      const { job, store } = await startOne(fixture);
      const entries = Object.fromEntries(Array.from({ length: 5_000 }, (_, i) => [`3/${digits(i)}`, String(i)]));
      await job.write(1, { entries });
      let slices = 0;
      const lines: string[] = [];
      for await (const slice of store.scan(prefixRange(suiteKey(3, "")))) {
        expect(slice.length > 0 && slice.length <= 2_000, `a slice of ${slice.length} entries`);
        slices++;
        lines.push(...slice.map(entryLine));
      }
      expect(slices > 2, `5000 entries in ${slices} slices`);
      expectLines(
        lines,
        Object.entries(entries).map(([label, value]) => `${label}=${value}`),
        "the entries",
      );
    },
  },
  {
    name: "store.scan: gives all of a range to whoever reads on, where a few entries were enough",
    run: async (fixture) => {
      const { job, store } = await startOne(fixture);
      const labels = Array.from({ length: 50 }, (_, index) => `3/${digits(index)}`);
      await job.write(1, { entries: Object.fromEntries(labels.map((label) => [label, ""])) });
      const lines: string[] = [];
      for await (const slice of store.scan(prefixRange(suiteKey(3, "")), { enough: 7 })) {
        expect(slice.length > 0, "a slice without entries");
        lines.push(...slice.map(entryLine));
      }
      const wanted = labels.map((label) => `${label}=`);
      expectLines(lines, wanted, "the entries");
    },
  },
  {
    name: "store.scan: can be left early, and begun again",
    run: async (fixture) => {
      const { job, store } = await startOne(fixture);
      await job.write(1, {
        entries: Object.fromEntries(Array.from({ length: 3_000 }, (_, i) => [`3/${digits(i)}`, ""])),
      });
      for (let round = 0; round < 3; round++) {
        for await (const slice of store.scan(prefixRange(suiteKey(3, "")))) {
          expect(
            slice[0] !== undefined && entryLine(slice[0]) === `3/${digits(0)}=`,
            "a scan did not begin at the start",
          );
          break;
        }
      }
    },
  },
  {
    name: "store.write: deletes what is there, and what is not",
    run: async (fixture) => {
      const { job } = await startOne(fixture);
      await job.write(1, { entries: { "1/a": "x", "1/b": "y" } });
      await job.write(1, { entries: { "1/a": null, "1/c": null } });
      expectLines(await job.lines(), ["1/b=y"], "the entries");
    },
  },
  {
    name: "store.write: range deletes come before the puts of the same call, and end before their end",
    run: async (fixture) => {
      const { job } = await startOne(fixture);
      await job.write(1, { entries: { "1/a": "1", "1/b": "1", "1/b\x00": "1", "1/c": "1", "1/d": "1", "2/b": "1" } });
      await job.write(1, { ranges: [["1/b", "1/d"]], entries: { "1/bb": "2", "1/c": "2" } });
      await job.write(1, { ranges: [["1/x", "1/y"]] });
      expectLines(await job.lines(), ["1/a=1", "1/bb=2", "1/c=2", "1/d=1", "2/b=1"], "the entries");
    },
  },
  {
    name: "store.write: takes large values, and many entries in one call",
    run: async (fixture) => {
      const { job, store } = await startOne(fixture);
      const large = "x".repeat(700_000);
      await store.write(1, {
        puts: ["1/a", "1/b", "2/a"].map((label) => ({ key: labelKey(label), value: bytesOf(large) })),
        deletes: [],
        rangeDeletes: [],
      });
      const many = Object.fromEntries(Array.from({ length: 5_000 }, (_, i) => [`4/${digits(i)}`, digits(i)]));
      await job.write(1, { entries: many });
      await job.write(2, { ranges: [["4/", "4/9"]], entries: { "1/a": null } });
      await job.checkpoint(2);
      const restored = await SuiteJob.start(await fixture.reopen());
      expectLines(await restored.lines(), [`1/b=${large}`, `2/a=${large}`], "the entries");
    },
  },
];

async function startOne({ backend }: StateBackendFixture): Promise<{ job: SuiteJob; store: StateStore }> {
  const job = await SuiteJob.start(backend);
  const store = job.stores[0]?.store;
  expect(store !== undefined, "no store was opened");
  return { job, store };
}

async function scanned(store: StateStore, prefix: Uint8Array): Promise<readonly string[]> {
  const lines: string[] = [];
  for await (const slice of store.scan(prefixRange(prefix))) lines.push(...slice.map(entryLine));
  return lines;
}

function digits(value: number): string {
  return String(value).padStart(5, "0");
}
