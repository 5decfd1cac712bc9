import type { AnySource } from "../connect/source.ts";
import { key, SourceRun, type SourceSnapshot } from "./source-run.ts";
import { expect, expectLines } from "./state-backend/expect.ts";

/** A source for one test, with what it has to give. */
export interface SourceFixture<T> {
  /** The source to test. */
  readonly source: AnySource<T>;
  /** Every record of a bounded source; of an unbounded one those that are there now, or the first few. */
  readonly expected: readonly T[];
  /** The same source as a new process would make it. Needed if it is replayable. */
  reopen?(): Promise<AnySource<T>>;
  /** Frees what the test used. */
  dispose(): Promise<void>;
}

/** What {@link sourceSuite} needs. */
export interface SourceSuiteOptions<T> {
  /** Takes one test; `test` of node:test fits, and so does `Deno.test`. */
  readonly test: (name: string, run: () => Promise<void>) => unknown;
  /** What the source is called in the names of the tests. */
  readonly name: string;
  /** Makes a fresh source for each test. At least 12 records and at most a hundred serve best. */
  readonly create: () => Promise<SourceFixture<T>>;
  /** Whether the source is replayable. */
  readonly replayable: boolean;
}

interface Case {
  readonly name: string;
  readonly needsReplay: boolean;
  readonly run: (fixture: SourceFixture<unknown>) => Promise<void>;
}

const keys = (values: readonly unknown[]): string[] => values.map(key).toSorted();
/** What comes back out of a checkpoint. */
const stored = (snapshot: SourceSnapshot): SourceSnapshot => JSON.parse(JSON.stringify(snapshot)) as SourceSnapshot;

/**
 * The tests that every source must pass. They know no test runner: each is handed to `test` by its name. Time stands
 * still in them, and goes on only when the source waits for it.
 *
 * @example
 * ```ts
 * import { test } from "node:test";
 * import { sourceSuite } from "@tidemark/core/testing";
 * import { generatorSource } from "@tidemark/connectors/generator";
 *
 * const source = generatorSource({ count: 20, create: (index) => index });
 * const expected = Array.from({ length: 20 }, (_, index) => index);
 * sourceSuite({
 *   test,
 *   name: "generator",
 *   replayable: true,
 *   create: async () => ({ source, expected, reopen: async () => source, dispose: async () => undefined }),
 * });
 * ```
 */
export function sourceSuite<T>(options: SourceSuiteOptions<T>): void {
  const { test, name, create, replayable } = options;
  for (const suiteCase of CASES) {
    if (suiteCase.needsReplay && !replayable) continue;
    test(`${name}: ${suiteCase.name}`, async () => {
      const fixture = await create();
      try {
        expect(fixture.source.replayable === replayable, "the source says something else about being replayable");
        await suiteCase.run(fixture);
      } finally {
        await fixture.dispose();
      }
    });
  }
}

async function readAll(
  source: AnySource<unknown>,
  parallelism: number,
  limit: number,
  count: number,
): Promise<SourceRun> {
  const run = await SourceRun.start(source, parallelism);
  await run.readTo(count, limit);
  if (source.bounded) expect(await run.readTo(Infinity), "a bounded source finishes");
  return run;
}

async function reopened(fixture: SourceFixture<unknown>): Promise<AnySource<unknown>> {
  expect(fixture.reopen !== undefined, "the fixture of a replayable source has reopen");
  return fixture.reopen();
}

/** Stops after some records, starts again from the snapshot and reads the rest. */
async function readInTwo(fixture: SourceFixture<unknown>, at: number, before: number, after: number): Promise<void> {
  const first = await SourceRun.start(await reopened(fixture), before);
  await first.readTo(at);
  await first.settle();
  await readRest(fixture, first, after);
}

/** Ends a run, starts again from its snapshot and reads the rest. */
async function readRest(fixture: SourceFixture<unknown>, first: SourceRun, after: number): Promise<void> {
  const { expected } = fixture;
  const at = first.read.length;
  const snapshot = stored(first.snapshot());
  await first.close();
  const second = await SourceRun.start(await reopened(fixture), after, snapshot);
  await second.readTo(expected.length - first.read.length);
  if (fixture.source.bounded) expect(await second.readTo(Infinity), "a bounded source finishes after a restore");
  await second.close();
  expectLines([...first.keys, ...second.keys].toSorted(), keys(expected), `the records, restored after ${at}`);
}

const CASES: readonly Case[] = [
  ...[1, 3].flatMap((parallelism) =>
    [1, 7, 1_000].map((limit) => ({
      name: `every record is read once, by ${parallelism} readers, ${limit} at a time (SRC-01, SRC-02)`,
      needsReplay: false,
      run: async ({ source, expected }: SourceFixture<unknown>): Promise<void> => {
        const run = await readAll(source, parallelism, limit, expected.length);
        await run.close();
        expectLines(run.keys, keys(expected), "the records");
      },
    })),
  ),
  {
    name: "a snapshot is plain data, and names each split once (SRC-03)",
    needsReplay: false,
    run: async ({ source, expected }) => {
      const run = await SourceRun.start(source);
      for (let count = 0; count <= expected.length; count += 3) {
        await run.readTo(count);
        const snapshot = run.snapshot();
        expect(
          key(stored(snapshot)) === key(structuredClone(snapshot)),
          "a snapshot survives JSON and a structured clone",
        );
        const ids = snapshot.splits.map(({ id }) => id);
        expect(new Set(ids).size === ids.length, `a split is there twice: ${ids.join(", ")}`);
      }
      await run.close();
    },
  },
  {
    name: "a snapshot does not change after it was taken, whatever is handed out later (SRC-04)",
    needsReplay: false,
    run: async ({ source, expected }) => {
      const run = await SourceRun.start(source);
      await run.readTo(2);
      const snapshot = run.snapshot();
      const text = key(snapshot);
      await run.readTo(expected.length);
      expect(key(snapshot) === text, "reading on has changed a snapshot");
      await run.close();
    },
  },
  {
    name: "readers that are held back lose nothing, and hold nobody up (SRC-06)",
    needsReplay: false,
    run: async ({ source, expected }) => {
      const run = await SourceRun.start(source, 3);
      await run.readAhead(0);
      await run.readTo(expected.length);
      await run.close();
      expectLines(run.keys, keys(expected), "the records");
    },
  },
  {
    name: "splits that are paused give nothing, the others are read, and later all go on where they were (SRC-06)",
    needsReplay: false,
    run: async ({ source, expected }) => {
      const run = await SourceRun.start(source);
      await run.readTo(3);
      const ids = run.snapshot().splits.map(({ id }) => id);
      // A source without end has no moment at which the others are through.
      for (const paused of source.bounded ? [ids, ids.slice(0, 1)] : [ids]) {
        if (!run.pause(paused)) return;
        const before = run.snapshot().splits;
        await run.readBeside(paused);
        expectLines(
          run.snapshot().splits.map(key),
          before.filter(({ id }) => paused.includes(id)).map(key),
          "the splits that are left beside others, which are paused",
        );
      }
      run.pause([]);
      await run.readTo(expected.length);
      await run.close();
      expectLines(run.keys, keys(expected), "the records");
    },
  },
  {
    name: "a finished split is in no snapshot",
    needsReplay: false,
    run: async ({ source, expected }) => {
      if (!source.bounded) return;
      const run = await readAll(source, 1, 100, expected.length);
      expect(run.snapshot().splits.length === 0, "splits are left after the end");
      await run.close();
    },
  },
  {
    name: "what is said to lie behind a position is what is read from there",
    needsReplay: true,
    run: async (fixture) => {
      const { expected } = fixture;
      const run = await SourceRun.start(await reopened(fixture));
      const source = await reopened(fixture);
      let bytesBefore = Infinity;
      for (let count = 0; count <= expected.length; count++) {
        await run.readTo(count);
        const { splits } = stored(run.snapshot());
        const found = await Promise.all(splits.map(async (split) => source.remaining?.(split)));
        const records = found.reduce((sum, rest) => sum + (rest?.records ?? NaN), 0);
        const bytes = found.reduce((sum, rest) => sum + (rest?.bytes ?? NaN), 0);
        const left = expected.length - run.read.length;
        if (!Number.isNaN(records)) expect(records === left, `${records} records are said to be left, and ${left} are`);
        if (Number.isNaN(bytes)) continue;
        expect(bytes >= 0 && bytes <= bytesBefore, `${bytes} bytes are left after ${bytesBefore} were`);
        expect(bytes > 0 || left === 0, `no bytes are said to be left, and ${left} records are`);
        bytesBefore = bytes;
      }
      await run.close();
    },
  },
  {
    name: "what was read ahead and not polled is read again after a restore, at any record (SRC-03)",
    needsReplay: true,
    run: async (fixture) => {
      for (let at = 0; at <= fixture.expected.length; at++) await readInTwo(fixture, at, 1, 1);
    },
  },
  {
    name: "what was paused is read after a restore, by readers that were told of nothing (SRC-03, SRC-06)",
    needsReplay: true,
    run: async (fixture) => {
      for (let at = 0; at < fixture.expected.length; at += 5) {
        const first = await SourceRun.start(await reopened(fixture));
        await first.readTo(at);
        const paused = first.snapshot().splits.map(({ id }) => id);
        if (fixture.source.bounded) paused.splice(1);
        if (!first.pause(paused)) return;
        await first.readBeside(paused);
        await readRest(fixture, first, 1 + (at % 2));
      }
    },
  },
  ...[
    [1, 3],
    [3, 2],
    [2, 1],
  ].map(([before = 1, after = 1]) => ({
    name: `a restore with ${after} readers goes on where ${before} have stopped (SRC-05)`,
    needsReplay: true,
    run: async (fixture: SourceFixture<unknown>): Promise<void> => {
      for (let at = 0; at <= fixture.expected.length; at += 5) await readInTwo(fixture, at, before, after);
    },
  })),
  {
    name: "a split keeps its order from run to run",
    needsReplay: true,
    run: async (fixture) => {
      const orders = [];
      for (const limit of [2, 5]) {
        const run = await readAll(await reopened(fixture), 2, limit, fixture.expected.length);
        await run.close();
        const ordered = run.read.toSorted((a, b) => (a.splitId < b.splitId ? -1 : a.splitId > b.splitId ? 1 : 0));
        orders.push(ordered.map(({ splitId, key }) => `${splitId}: ${key}`));
      }
      if (!fixture.source.bounded) return;
      expect(orders[0]?.join("\n") === orders[1]?.join("\n"), "the orders of two runs differ");
    },
  },
  {
    name: "a reader can be closed at any moment, and twice",
    needsReplay: true,
    run: async (fixture) => {
      for (const count of [0, 1, 5]) {
        const run = await SourceRun.start(await reopened(fixture));
        await run.readTo(count);
        await run.close();
        await run.close();
      }
    },
  },
];
